// What an agent hears while a call rings: the tone of India, softly.

const PATTERN_MS = 2600;
const BURSTS = [0, 0.6]; // seconds; each lasts 0.4
const LOUD = 0.12;

export class Ring {
  #context = null;
  #timer = null;

  set(on) {
    if (on === (this.#timer !== null)) return;
    clearInterval(this.#timer);
    this.#timer = on ? setInterval(() => this.#burst(), PATTERN_MS) : null;
    if (on) this.#burst();
    else this.#context?.suspend();
  }

  #burst() {
    this.#context ??= new AudioContext();
    this.#context.resume().catch(() => {}); // before the first click: the page rings to the eye
    const now = this.#context.currentTime;
    for (const begins of BURSTS) {
      const tone = new OscillatorNode(this.#context, { frequency: 420 });
      const loud = new GainNode(this.#context, { gain: LOUD });
      tone.connect(loud).connect(this.#context.destination);
      tone.start(now + begins);
      tone.stop(now + begins + 0.4);
    }
  }
}
