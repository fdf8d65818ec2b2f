// The messages of protocol.py, and two ways to the server: a WebSocket, else gradio's own calls.

const KIND = {choose: 1, see: 2, hear: 3, stay: 4, map: 1, news: 2};
const VERDICTS = [  // avsl.localization.Verdict in its order, None
  'sounding', 'silent', 'not-found', 'unseen', 'listening',
];
const FULL_BYTES = 60_000;  // unsent bytes from which pictures are left out, so that none gets old
const REFUSED = 1008;  // the close code for what no page of ours sends
const BACK_OFF_S = [0.5, 1, 2, 4, 8];
const OPEN_WITHIN_S = 5;
const UNANSWERED_S = 6;  // a line on which a picture gets no answer for so long is dead

function message(kind, time_s, body) {
  const bytes = new Uint8Array(9 + body.byteLength), view = new DataView(bytes.buffer);
  view.setUint8(0, kind);
  view.setFloat64(1, time_s, true);
  bytes.set(new Uint8Array(body.buffer ?? body, body.byteOffset ?? 0, body.byteLength), 9);
  return bytes;
}

function answer(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder();
  if (view.getUint8(0) === KIND.news) return {news: JSON.parse(text.decode(bytes.subarray(1)))};
  const float = (at) => view.getFloat32(at, true), [height, width] = [2, 4].map(
    (at) => view.getUint16(at, true));
  const whereEnd = 41 + view.getUint8(40), heardEnd = whereEnd + 1 + view.getUint8(whereEnd);
  return {map: {
    verdict: VERDICTS[view.getUint8(1)], height, width, side_px: view.getUint16(6, true),
    rate_hz: float(8), confidence: float(12), gate: float(16), threshold: float(20),
    loudness_dbfs: float(24), dropped: view.getUint32(28, true), time_s: view.getFloat64(32, true),
    where: text.decode(bytes.subarray(41, whereEnd)),
    heard: text.decode(bytes.subarray(whereEnd + 1, heardEnd)),
    levels: bytes.subarray(heardEnd, heardEnd + height * width),
  }};
}

// The page's own address says where the server is, also behind a proxy that rewrites paths.
function socketAddress(page) {
  const folder = page.pathname.replace(/\/?$/, '/');
  const sign = page.searchParams.get('__sign');  // of private Spaces
  const scheme = page.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${page.host}${folder}live${sign ? `?__sign=${encodeURIComponent(sign)}` : ''}`;
}

class SocketWay {
  constructor(on) {
    this.on = on;
    this.socket = new WebSocket(socketAddress(new URL(location.href)));
    this.socket.binaryType = 'arraybuffer';
    this.late = setTimeout(() => this.socket.close(), 1000 * OPEN_WITHIN_S);
    this.socket.onopen = () => { clearTimeout(this.late); on.open(); };
    this.socket.onmessage = (event) => on.answer(answer(new Uint8Array(event.data)));
    this.socket.onclose = (event) => { clearTimeout(this.late); on.close(event.code); };
  }
  get full() { return this.socket.bufferedAmount > FULL_BYTES; }
  send(bytes) { if (this.socket.readyState === 1) this.socket.send(bytes); }
  close() {
    this.on = this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    clearTimeout(this.late);
    this.socket.close();
  }
}

class CallsWay {  // one call in flight; it takes all sound since the last and the newest picture
  constructor(on, exchange) {
    [this.on, this.exchange] = [on, exchange];
    this.caller = crypto.randomUUID();
    [this.waiting, this.picture, this.busy] = [[], null, false];
    queueMicrotask(() => this.on?.open());
  }
  get full() { return false; }
  send(bytes) {
    if (bytes[0] === KIND.see) this.picture = bytes;
    else this.waiting.push(bytes);
    this.waiting = this.waiting.slice(-100);
    if (!this.busy) this.call();
  }
  async call() {
    this.busy = true;
    const messages = [...this.waiting, ...(this.picture ? [this.picture] : [])];
    [this.waiting, this.picture] = [[], null];
    try {
      const answers = await this.exchange([this.caller, base64(bundle(messages))]);
      if (answers === undefined) throw new Error('gradio keeps to itself that a call failed');
      for (const each of unbundle(answers)) this.on?.answer(answer(each));
    } catch { this.on?.close(1006); }
    this.busy = false;
    if (this.on && (this.waiting.length || this.picture)) this.call();
  }
  close() {
    this.on = null;
    this.exchange([this.caller, '']).catch(() => {});
  }
}

function bundle(messages) {
  const bytes = new Uint8Array(messages.reduce((sum, each) => sum + 4 + each.length, 0));
  let at = 0;
  for (const each of messages) {
    new DataView(bytes.buffer).setUint32(at, each.length, true);
    bytes.set(each, at + 4);
    at += 4 + each.length;
  }
  return bytes;
}

function unbundle(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)), messages = [];
  for (let at = 0; at < bytes.length;) {
    const length = new DataView(bytes.buffer).getUint32(at, true);
    messages.push(bytes.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return messages;
}

function base64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

// A line that stays: it opens anew when lost, ever more slowly, by the way that once brought an
// answer, else by the two in turn. `on` hears opened, lost and answer.
class Line {
  constructor(on, exchange) {
    [this.on, this.exchange] = [on, exchange];
    [this.failures, this.passed, this.way, this.name] = [0, null, null, 'socket'];
    [this.isOpen, this.asked_s] = [false, null];
    this.connect();
    this.watch = setInterval(() => this.look(), 1000);
  }
  get full() { return this.way.full; }
  connect() {
    const on = {
      open: () => {
        this.isOpen = true;
        this.on.opened(this.name);
      },
      answer: (each) => {
        [this.failures, this.asked_s, this.passed] = [0, null, this.name];
        this.on.answer(each);
      },
      close: (code) => this.lost(code),
    };
    try {
      this.way = this.name === 'socket' ? new SocketWay(on) : new CallsWay(on, this.exchange);
    } catch { this.lost(1006); }
  }
  lost(code) {
    this.way?.close();
    clearTimeout(this.again);
    [this.isOpen, this.asked_s] = [false, null];
    this.failures += 1;
    this.name = this.passed ?? (this.name === 'socket' ? 'calls' : 'socket');
    const wait_s = BACK_OFF_S[Math.min(this.failures, BACK_OFF_S.length) - 1];
    this.again = setTimeout(() => this.connect(), 1000 * wait_s);
    this.on.lost(code);
  }
  look() {  // the line may be dead after sleep, or where the network went without a word
    const now_s = performance.now() / 1000;
    if (this.asked_s !== null && now_s - this.asked_s > UNANSWERED_S) this.lost(1006);
    else this.send(message(KIND.stay, 0, new Uint8Array()));
  }
  choose(variant) { this.send(message(KIND.choose, 0, new TextEncoder().encode(variant))); }
  hear(time_s, samples) { this.send(message(KIND.hear, time_s, samples)); }
  see(time_s, jpeg) {
    if (this.isOpen) this.asked_s ??= performance.now() / 1000;
    this.send(message(KIND.see, time_s, jpeg));
  }
  send(bytes) { if (this.isOpen) this.way.send(bytes); }
  close() {
    clearTimeout(this.again);
    clearInterval(this.watch);
    this.way?.close();
  }
}
