/** Keep the newest text in view as long as the reader is at the end of it. Touches the DOM. */

const AT_END_PX = 48; // closer to the end than this, the reader is following

/** The scrolled box of a text that grows, and the button that leads to its end. */
export class Following {
  #box;
  #button;
  #isHeld;

  /**
   * @param {HTMLElement} box
   * @param {HTMLElement} button
   * @param {() => boolean} isHeld something in the text must stay where it is on the screen
   */
  constructor(box, button, isHeld) {
    this.#box = box;
    this.#button = button;
    this.#isHeld = isHeld;
    box.addEventListener("scroll", () => this.#offer(), { passive: true });
    button.addEventListener("click", () => {
      this.#toEnd();
      box.focus({ preventScroll: true }); // the button goes
    });
    new ResizeObserver(() => this.#offer()).observe(box);
  }

  /** Change the text, and keep its end in view if it was. @param {() => void} change */
  around(change) {
    const wasAtEnd = this.#isAtEnd;
    change();
    if (wasAtEnd && !this.#isHeld()) this.#toEnd();
    this.#offer();
  }

  /** Bring a place into view, and stay there. @param {Range} place */
  show(place) {
    const [found, box] = [place.getBoundingClientRect(), this.#box.getBoundingClientRect()];
    if (found.top < box.top || found.bottom > box.bottom) {
      this.#box.scrollTop += found.top - box.top - box.height / 3;
    }
  }

  get #isAtEnd() {
    return this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < AT_END_PX;
  }

  #toEnd() {
    this.#box.scrollTop = this.#box.scrollHeight;
  }

  #offer() {
    this.#button.hidden = this.#isAtEnd;
  }
}
