/** The words that a wrong hearing would make dangerous are known, and marked where they were not heard well. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { THRESHOLDS, kindsOf, marksOf } from "../js/review.js";

const items = (text, confidence = 0.3) =>
  text.split(" ").map((word) => ({ text: word, kind: /^\W$/.test(word) ? "punctuation" : "word", confidence }));
const kinds = (text) => kindsOf(items(text)).map((kind) => kind ?? "-").join(" ");

test("a drug, its dose and its unit are known", () => {
  assert.equal(kinds("prescribed metoprolol twenty five milligrams twice daily ."), "- drug dose dose unit number - -");
  assert.equal(kinds("Lisinopril 10mg , atorvastatin 40 mg"), "drug dose - drug dose unit");
});

test("what stands before a dose is taken for a drug, however it was heard", () => {
  assert.equal(kinds("prescribed metal prolong 25 milligrams"), "- drug drug dose unit");
  assert.equal(kinds("increase to 25 milligrams"), "- - dose unit");
});

test("negation, side and numbers are known", () => {
  assert.equal(kinds("denies pain in the left arm"), "negation - - - side -");
  assert.equal(kinds("no fever for sixty-two days"), "negation - - number -");
  assert.equal(kinds("blood pressure 120/80 , 37.5 percent"), "- - number - dose unit");
});

test("words like any other are left alone", () => {
  assert.equal(kinds("the phone is alone in April , amazing machine"), "- - - - - - - - -");
});

test("of these only what was not heard well is marked", () => {
  const heard = [
    { text: "no", kind: "word", confidence: THRESHOLDS.negation - 0.01 },
    { text: "no", kind: "word", confidence: THRESHOLDS.negation },
    { text: "no", kind: "word", confidence: null },
    { text: "fever", kind: "word", confidence: 0.01 },
    { text: ".", kind: "punctuation", confidence: null },
  ];

  assert.deepEqual(marksOf(heard), ["negation", null, null, null, null]);
});
