/**
 * Which words of a final deserve a second look: those that change what a patient is given (doses, units, drugs,
 * numbers) or what is said of her (negation, side), where the recogniser was not sure of them. Pure.
 *
 * Not everything that is unsure: a page full of marks is read past. How the thresholds were chosen and what they
 * find is in docs/performance.md; `benchmarks.review_marks` measures them again.
 */

/** @typedef {"drug" | "dose" | "unit" | "number" | "negation" | "side"} Kind */
/** @typedef {{ text: string, kind: "word" | "punctuation", confidence: number | null }} ReviewItem */

/**
 * Below this a word of that kind is marked. The same for all: of most kinds too few were misheard to tell them apart.
 * @type {Readonly<Record<Kind, number>>}
 */
export const THRESHOLDS = Object.freeze({ drug: 0.6, dose: 0.6, unit: 0.6, number: 0.6, negation: 0.6, side: 0.6 });

/** @param {string} words */
const setOf = (words) => new Set(words.trim().split(/\s+/));

const NEGATIONS = setOf(`
  no not nor none never without denies denied deny denying negative neither cannot can't don't doesn't didn't isn't
  wasn't aren't weren't hasn't haven't hadn't won't wouldn't absent absence unremarkable non free rules ruled`);
const SIDES = setOf("left right bilateral bilaterally unilateral ipsilateral contralateral left-sided right-sided");
const NUMBERS = setOf(`
  zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
  eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million half quarter once
  twice thrice double`);
const UNITS = setOf(`
  mg mgs milligram milligrams mcg µg ug microgram micrograms g gm gram grams kg kilogram kilograms ml mls cc
  milliliter milliliters millilitre millilitres l liter liters litre litres dl unit units iu meq milliequivalent
  milliequivalents mmol millimole millimoles mmhg percent % tablet tablets capsule capsules puff puffs drop drops
  drip tab tabs`);
// Endings that names of drugs share; those with none of them are in the list below.
const DRUG_ENDS = [...setOf(`
  pril prilat olol alol ilol sartan statin azole cillin mycin micin cycline formin gliptin gliflozin glitazone
  glutide tidine setron triptan dipine parin xaban gatran grel curium caine barbital zepam zolam zodone oxetine
  pramine triptyline azine apine idone lukast terol tropium asone olone onide semide thiazide lactone vir vudine mab
  nib platin rubicin taxel profen coxib fenac codone morphone fentanil tadine rizine dronate fibrate oxacin penem
  sulfa amide barbitone phylline zosin steride afil`)];
const DRUGS = setOf(`
  aspirin paracetamol acetaminophen naproxen tramadol morphine codeine fentanyl gabapentin pregabalin insulin
  glargine lispro glipizide glyburide gliclazide levothyroxine warfarin digoxin amiodarone nitroglycerin isosorbide
  clonidine methotrexate prednisone hydrocortisone salbutamol lithium lamotrigine levetiracetam phenytoin
  carbamazepine valproate topiramate sertraline citalopram escitalopram bupropion venlafaxine haloperidol augmentin
  ceftriaxone cephalexin cefazolin nitrofurantoin trimethoprim bactrim tamoxifen letrozole allopurinol colchicine
  tamsulosin lipitor lasix norvasc coumadin eliquis xarelto plavix tylenol advil benadryl epinephrine adrenaline
  naloxone ketamine propofol potassium magnesium calcium iron folate antibiotic antibiotics statin steroid steroids`);
const NOT_DRUGS = setOf("magazine cholesterol");
const SHORTEST_STEM = 2; // letters before an ending
const SHORTEST_DRUG = 6; // letters: "april" is none
const CONNECTING = setOf(`
  a an the of and or to at in on by for with is was be are her his their my on's started start takes take taking
  took given give gave receives received prescribed prescribe prescribes increase increased decrease decreased
  continue continued reduced about than from up down every over per`);
const BEFORE_DOSE = 2; // words: "metal prolol 25 milligrams"

/** @param {string} text */
const plain = (text) => text.toLowerCase().replace(/^[^\p{L}\p{N}%]+|[^\p{L}\p{N}%]+$/gu, "").replaceAll("’", "'");

/** @param {string} word */
const isNumber = (word) => NUMBERS.has(word) || /^\d+([.,:/-]\d+)*(st|nd|rd|th|x|s)?$/.test(word) || isNumberJoined(word);

/** @param {string} word */
const isNumberJoined = (word) => word.includes("-") && word.split("-").every((part) => NUMBERS.has(part) || /^\d+$/.test(part));

/** A number and its unit in one word: 25mg, 40%. @param {string} word */
const isDose = (word) => {
  const found = /^\d+(?:[.,]\d+)*-?([\p{L}µ%]+)$/u.exec(word);
  return found !== null && UNITS.has(found[1]);
};

/** @param {string} word */
const isDrug = (word) =>
  DRUGS.has(word) ||
  (!NOT_DRUGS.has(word) && DRUG_ENDS.some((end) => word.endsWith(end) && word.length >= end.length + SHORTEST_STEM && word.length >= SHORTEST_DRUG));

/** @param {string} word @returns {Kind | null} */
function kindOf(word) {
  if (word === "") return null;
  if (isDose(word)) return "dose";
  if (isNumber(word)) return "number";
  if (UNITS.has(word)) return "unit";
  if (NEGATIONS.has(word)) return "negation";
  if (SIDES.has(word)) return "side";
  return isDrug(word) ? "drug" : null;
}

/**
 * Name the kind of each word, by itself and by what stands beside it; null for words like any other.
 * @param {readonly ReviewItem[]} items
 * @returns {(Kind | null)[]}
 */
export function kindsOf(items) {
  const words = items.map(({ text, kind }) => (kind === "word" ? plain(text) : ""));
  const kinds = words.map(kindOf);
  for (let at = 0; at < kinds.length; at += 1) {
    if (kinds[at] !== "unit") continue;
    let first = at;
    while (kinds[first - 1] === "number") first -= 1;
    if (first === at && kinds[at - 1] !== "dose") continue;
    kinds.fill("dose", first, at);
  }
  for (let at = 0; at < kinds.length; at += 1) {
    if (kinds[at] !== "dose" || kinds[at - 1] === "dose") continue;
    // What is given stands before how much of it, and a drug that was misheard is in no list of drugs.
    for (let before = at - 1; before >= Math.max(0, at - BEFORE_DOSE); before -= 1) {
      if (words[before] === "" || kinds[before] !== null || CONNECTING.has(words[before])) break;
      kinds[before] = "drug";
    }
  }
  return kinds;
}

/**
 * Name the kind of each word that is marked; null for the others. A word without a confidence is not marked: the
 * recogniser has no opinion of it.
 * @param {readonly ReviewItem[]} items
 * @param {Readonly<Record<Kind, number>>} [thresholds]
 * @returns {(Kind | null)[]}
 */
export function marksOf(items, thresholds = THRESHOLDS) {
  return kindsOf(items).map((kind, at) => {
    const { confidence } = items[at];
    return kind !== null && confidence !== null && confidence < thresholds[kind] ? kind : null;
  });
}

/** @typedef {{ kind: Kind, confidence: number }} Doubt */

/**
 * Give for each word, as words.js cuts them, what is to be looked at in it; null: nothing.
 * @param {readonly ReviewItem[]} items
 * @param {readonly { items: readonly number[] }[]} words
 * @returns {(Doubt | null)[]}
 */
export function doubtsOf(items, words) {
  const marks = marksOf(items);
  return words.map((word) => {
    const at = word.items.find((item) => marks[item] !== null);
    const kind = at === undefined ? null : marks[at];
    return at === undefined || kind === null ? null : { kind, confidence: items[at].confidence ?? 0 };
  });
}
