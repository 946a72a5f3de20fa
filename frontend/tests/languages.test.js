/** The page in each of its languages: the same keys, the same places to fill, and the HTML's own words among them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";

import * as texts from "../js/texts.js";
import { HISTORY_WORDS } from "../js/texts/history.js";
import { ENGLISH as ENGLISH_WORDS } from "../js/texts/english.js";
import { HINDI } from "../js/texts/hindi.js";
import { fill, firstLanguage, speak, whenLanguageChanges, words } from "../js/texts/language.js";

const HTML = readFileSync(new URL("../live_transcription.html", import.meta.url), "utf8");

const WORDS = { en: ENGLISH_WORDS, hi: HINDI };

afterEach(() => speak("en", WORDS.en));

/** Give every sentence by the path of its key. */
function sentences(part, path = "") {
  return Object.entries(part).flatMap(([key, value]) =>
    typeof value === "string" ? [[`${path}${key}`, value]] : sentences(value, `${path}${key}.`),
  );
}

const places = (sentence) => [...sentence.matchAll(/\{(\w*)\}/g)].map(([, name]) => name).sort();

const ENGLISH = new Map(sentences(WORDS.en));
const VIEWS = [["the page", WORDS], ["earlier recordings", HISTORY_WORDS]];
const SPOKEN = VIEWS.flatMap(([view, words]) => Object.entries(words).map(([language, spoken]) => [view, language, spoken, words.en]));

for (const [view, language, spoken, english] of SPOKEN) {
  test(`${view}, ${language}: every key is there, says something, and has the places of the English sentence`, () => {
    const [found, wanted] = [spoken, english].map((part) => new Map(sentences(part)));

    assert.deepEqual([...found.keys()].sort(), [...wanted.keys()].sort());
    for (const [key, sentence] of found) {
      assert.notEqual(sentence.trim(), "", key);
      assert.deepEqual(places(sentence), places(wanted.get(key)), key);
    }
  });
}

test("nothing in Hindi was left in English", () => {
  const untranslated = [...sentences(WORDS.hi), ...sentences(HISTORY_WORDS.hi)].filter(([, sentence]) => !/[\u0900-\u097f]/.test(sentence.replace(/\{\w+\}/g, "")));

  assert.deepEqual(untranslated, []);
});

test("every element of the HTML with words of its own has a key, and holds the English sentence until then", () => {
  const texted = [...HTML.matchAll(/<(\w+)[^<>]*\sdata-text="([^"]+)"[^<>]*>\s*([^<]*?)\s*</g)];
  const labelled = [...HTML.matchAll(/<[^<>]*\sdata-label="([^"]+)"[^<>]*>/g)];

  assert.equal(texted.length + labelled.length, HTML.match(/data-(text|label)=/g).length);
  for (const [, , key, held] of texted) assert.equal(held.replace(/\s+/g, " "), ENGLISH.get(key), key);
  for (const [tag, key] of labelled) assert.match(tag, new RegExp(`aria-label="${ENGLISH.get(key)}"`), key);
});

test("no words of the HTML are without a key", () => {
  const body = HTML.slice(HTML.indexOf("<body")).replace(/<noscript>.*?<\/noscript>/s, "").replace(/<!--.*?-->/gs, "");
  const wordless = [...body.matchAll(/<([^<>]+)>\s*([^<>]*\p{L}[^<>]*)/gu)]
    .filter(([, tag]) => !/data-text=|translate="no"|lang="hi"/.test(tag))
    .map(([, tag, held]) => `<${tag}> ${held.trim()}`);
  const unlabelled = [...body.matchAll(/<[^<>]*aria-label="[^<>]*>/g)].filter(([tag]) => !/data-label=/.test(tag));

  assert.deepEqual([wordless, unlabelled.map(([tag]) => tag)], [[], []]);
});

test("the language is the one chosen here, else the first of the browser's that the page has", () => {
  assert.equal(firstLanguage("hi", ["en-IN"]), "hi");
  assert.equal(firstLanguage(undefined, ["ta-IN", "hi-IN", "en"]), "hi");
  assert.equal(firstLanguage(undefined, ["en-GB", "hi"]), "en");
  assert.equal(firstLanguage("constructor", ["de", "toString"]), "en");
});

test("a choice is followed by whatever shows words, and by every sentence with figures", () => {
  let told = 0;
  whenLanguageChanges(() => { told += 1; });

  speak("hi", WORDS.hi);

  assert.equal(told, 1);
  assert.equal(words, WORDS.hi);
  assert.equal(texts.words.states.idle, WORDS.hi.states.idle);
  assert.match(texts.qualityCost("high", "pcm"), /1,029 kbit\/s भेजता है/);
  assert.equal(texts.failureText({ code: "not_found", sentence: "x" }, true), [
    WORDS.hi.failures.notFound, WORDS.hi.failures.unsaved, WORDS.hi.failures.startNew,
  ].join(" "));
  assert.match(texts.lostText([640_000, 656_800], 16_000), /1\.1 सेकंड.*00:40 से 00:42/);
});

test("places are filled by name, and what has no value stays visible", () => {
  assert.equal(fill("{a} to {b}, {c}", { a: 1, b: "{a}" }), "1 to {a}, {c}");
});
