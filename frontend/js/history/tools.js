/** Take a record away as a file or on paper, or delete it. Touches the DOM and, by the API, the network. */

import { put } from "../elements.js";
import { EXPORT_FORMATS, RecordsTrouble } from "../records-api.js";
import { says } from "../texts/history.js";
import { fill } from "../texts/language.js";
import { button, field, make, say } from "./make.js";

/** @import { ExportFormat, RecordsApi, TheRecord, Trouble } from "../records-api.js" */

const FILE_KEPT_MS = 60_000; // as long as a browser may ask where to put a file

/** What can be done with a whole record. */
export class Tools {
  #api;
  #onTrouble;
  #onNews;
  #onErased;
  /** @type {TheRecord | null} */
  #record = null;
  #format = make("select", { id: "format" });
  #download = button(() => says().tools.download, () => void this.#export());
  #erase = button(() => says().tools.erase, () => this.#dialog.showModal(), "danger");
  #confirm = button(() => says().tools.confirm, () => void this.#eraseNow(), "danger");
  #keep = button(() => says().tools.keep, () => this.#dialog.close());
  #dialogTrouble = make("p", { class: "message", role: "alert", "data-gravity": "error", hidden: true });
  #dialog;
  element;

  /**
   * @param {RecordsApi} api
   * @param {{ onTrouble: (trouble: Trouble) => void, onNews: (sentence: () => string) => void, onErased: (record: TheRecord) => void }} hearers
   */
  constructor(api, { onTrouble, onNews, onErased }) {
    this.#api = api;
    this.#onTrouble = onTrouble;
    this.#onNews = onNews;
    this.#onErased = onErased;
    for (const format of EXPORT_FORMATS) {
      this.#format.append(say(make("option", { value: format }), () => says().tools.formats[format]));
    }
    this.#dialog = make(
      "dialog",
      { "aria-labelledby": "erase-title", "aria-describedby": "erase-text" },
      say(make("h2", { id: "erase-title" }), () => says().tools.ask),
      say(make("p", { id: "erase-text" }), () => says().tools.consequence),
      this.#dialogTrouble,
      make("div", { class: "buttons" }, this.#keep, this.#confirm),
    );
    this.#dialog.addEventListener("close", () => (this.#dialogTrouble.hidden = true));
    const print = button(() => says().tools.print, () => window.print());
    const file = make("div", { class: "export" }, field(() => says().tools.format, this.#format), this.#download);
    this.element = make("section", { class: "card tools" }, file, print, this.#erase, this.#dialog);
    say(this.element, () => says().tools.title, "aria-label");
  }

  /** @param {TheRecord | null} record null: none is shown */
  show(record) {
    this.#record = record;
    this.#erase.hidden = record === null || !record.may_delete || record.status === "IN_PROGRESS";
    if (record === null) this.#dialog.close();
  }

  async #export() {
    const record = this.#record;
    if (record === null) return;
    this.#download.disabled = true;
    try {
      const format = /** @type {ExportFormat} */ (this.#format.value);
      const { blob, fileName } = await this.#api.export(record.transcription_id, format);
      const address = URL.createObjectURL(blob);
      make("a", { href: address, download: fileName }).click();
      setTimeout(() => URL.revokeObjectURL(address), FILE_KEPT_MS);
      this.#onNews(() => fill(says().tools.downloaded, { name: fileName }));
    } catch (error) {
      if (!(error instanceof RecordsTrouble)) throw error;
      this.#onTrouble(error.kind);
    } finally {
      this.#download.disabled = false;
    }
  }

  async #eraseNow() {
    const record = this.#record;
    if (record === null) return;
    this.#confirm.disabled = this.#keep.disabled = true;
    try {
      await this.#api.erase(record.transcription_id).catch((error) => {
        if (error instanceof RecordsTrouble && error.kind === "absent") return; // it is gone: that was wanted
        throw error;
      });
      this.#dialog.close();
      this.#onErased(record);
    } catch (error) {
      if (!(error instanceof RecordsTrouble)) throw error;
      const { troubles, tools } = says();
      put(this.#dialogTrouble, error.kind === "not_now" ? tools.unfinished : troubles[error.kind]);
      this.#dialogTrouble.hidden = false;
      if (error.kind === "signed_out") this.#onTrouble(error.kind);
    } finally {
      this.#confirm.disabled = this.#keep.disabled = false;
    }
  }
}
