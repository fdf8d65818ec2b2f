// In the audio thread: the microphone as 16-bit mono at 16 kHz, in pieces, with a sample count.

const RATE_HZ = 16000, PIECE = 640;  // samples out
const LOBES = 16, STEPS = 512;  // of the low-pass: zero crossings a side, table steps between them

class Listener extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ratio = sampleRate / RATE_HZ;  // samples in for one out
    this.reach = this.ratio > 1 ? LOBES * this.ratio : 0;
    this.table = lowPass();
    this.held = new Float32Array(0);  // samples in that are still needed
    this.first = null;  // the context's count at held[0]
    this.place = 0;  // of the next sample out, in samples in
    this.piece = new Int16Array(PIECE);
    [this.filled, this.peak] = [0, 0];
  }

  process(inputs) {
    const channels = inputs[0];
    if (!channels.length) return true;
    const mono = Float32Array.from(channels[0], (_, at) =>
      channels.reduce((sum, each) => sum + each[at], 0) / channels.length);
    if (this.first === null || currentFrame !== this.first + this.held.length) {  // a gap
      [this.held, this.first, this.place] = [new Float32Array(0), currentFrame, currentFrame];
      [this.filled, this.peak] = [0, 0];
    }
    const all = new Float32Array(this.held.length + mono.length);
    all.set(this.held);
    all.set(mono, this.held.length);
    this.held = all;
    while (this.place + this.reach < this.first + this.held.length) this.put(this.next());
    const old = Math.max(0, Math.floor(this.place - this.reach) - this.first);
    this.held = this.held.subarray(old);
    this.first += old;
    return true;
  }

  next() {  // the sample at this.place, low-passed where there are more in than out
    const at = this.place - this.first;
    this.place += this.ratio;
    if (!this.reach) {
      const left = Math.floor(at), share = at - left;
      return this.held[left] * (1 - share) + (this.held[left + 1] ?? this.held[left]) * share;
    }
    let sum = 0;
    const last = Math.min(this.held.length - 1, Math.floor(at + this.reach));
    for (let i = Math.max(0, Math.ceil(at - this.reach)); i <= last; i++)
      sum += this.held[i] * this.table[Math.round(Math.abs(i - at) / this.ratio * STEPS)];
    return sum / this.ratio;
  }

  put(sample) {
    this.peak = Math.max(this.peak, Math.abs(sample));
    this.piece[this.filled++] = Math.round(32767 * Math.max(-1, Math.min(1, sample)));
    if (this.filled < PIECE) return;
    const samples = this.piece, end_s = this.place / sampleRate;
    this.port.postMessage({samples, end_s, peak: this.peak}, [samples.buffer]);
    this.piece = new Int16Array(PIECE);
    [this.filled, this.peak] = [0, 0];
  }
}

function lowPass() {  // half of a windowed sinc, cut a little below half of the new rate
  const cut = 0.92, table = new Float32Array(LOBES * STEPS + 2);
  for (let i = 0; i < table.length; i++) {
    const x = i / STEPS, wide = Math.min(1, x / LOBES);
    const sinc = x ? Math.sin(Math.PI * cut * x) / (Math.PI * x) : cut;
    table[i] = sinc * (0.5 + 0.5 * Math.cos(Math.PI * wide));
  }
  return table;
}

registerProcessor('avsl-listener', Listener);
