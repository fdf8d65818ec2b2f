// Camera and microphone as one capture on one clock: seconds of performance.now().

const CALM = {echoCancellation: false, noiseSuppression: false, autoGainControl: false};
const RATE_HZ = 16000;
const DEAF_S = 3;  // exact zeros for so long are no quiet room but a muted microphone

class Trouble extends Error {}  // its message is a key of WORDS.problems

// Sample counts of the audio thread, told in seconds of performance.now(). A piece arrives late by
// what the machine was busy with, never early: so the earliest arrivals of the last seconds say
// when a sample was heard, and they follow the drift of the two clocks.
class SoundClock {
  constructor() { this.forget(); }
  forget() { [this.minima, this.second, this.offset_s] = [[], null, null]; }
  at(end_s, arrived_s) {  // when the sample at end_s of the audio clock was heard
    const late_s = arrived_s - end_s, second = Math.floor(arrived_s);
    if (second !== this.second) {
      this.second = second;
      this.minima = [...this.minima.slice(-9), Infinity];
      const last_s = this.minima.at(-2);
      if (last_s > this.offset_s + 0.25) {  // the audio clock stood still: begin anew from here
        this.minima = [last_s, Infinity];
        this.offset_s = last_s;
      }
    }
    this.minima.push(Math.min(this.minima.pop(), late_s));
    const earliest_s = Math.min(...this.minima);
    this.offset_s ??= earliest_s;
    this.offset_s += Math.max(-0.0005, Math.min(0.0005, earliest_s - this.offset_s));
    if (this.offset_s - earliest_s > 0.02) this.offset_s = earliest_s;
    return end_s + this.offset_s;
  }
}

async function openDevices({camera, facing}) {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) throw new Trouble('insecure');
  const size = {width: {ideal: 640}, height: {ideal: 480}, frameRate: {ideal: 30}};
  const which = camera ? {deviceId: {exact: camera}} : {facingMode: facing};
  try {
    return await navigator.mediaDevices.getUserMedia({audio: CALM, video: {...size, ...which}});
  } catch (error) {
    if (camera && error.name === 'OverconstrainedError') return openDevices({facing});
    throw new Trouble(await why(error));
  }
}

async function why(error) {
  if (['NotAllowedError', 'SecurityError'].includes(error.name)) return 'denied';
  if (error.name !== 'NotFoundError') return 'taken';
  const kinds = (await navigator.mediaDevices.enumerateDevices()).map((device) => device.kind);
  return kinds.includes('videoinput') ? 'no-microphone' : 'no-camera';
}

async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === 'videoinput');
}

// Everything of one stream; `on` hears picture(time_s), sound(time_s, samples, peak), trouble(key)
// and notice(key or null).
class Capture {
  constructor(stream, video, on) {
    [this.stream, this.video, this.on, this.over] = [stream, video, on, false];
    [this.deaf_s, this.told] = [0, null];
    this.clock = new SoundClock();
    video.srcObject = stream;
    for (const track of stream.getTracks()) {
      track.onended = () => this.over || on.trouble('ended');
      track.onmute = track.onunmute = () => this.tell();
    }
    this.tell();
  }

  tell() {  // what keeps it from hearing or seeing, if anything does
    const muted = this.stream.getTracks().some((track) => track.muted);
    const key = muted ? 'muted' : this.deaf_s > DEAF_S ? 'deaf' : null;
    if (key !== this.told) this.on.notice(key);
    this.told = key;
  }

  async start() {
    await this.video.play();
    if (this.over) return;
    this.audio = await this.context();
    const url = URL.createObjectURL(new Blob([WORKLET], {type: 'text/javascript'}));
    await this.audio.audioWorklet.addModule(url);
    URL.revokeObjectURL(url);
    const listener = new AudioWorkletNode(this.audio, 'avsl-listener');
    listener.port.onmessage = ({data}) => this.heard(data);
    this.source.connect(listener).connect(this.audio.destination);  // it puts out silence
    await this.audio.resume();
    this.watch();
  }

  async context() {  // at 16 kHz where the browser resamples by itself
    for (const options of [{sampleRate: RATE_HZ}, {}]) {
      const context = new AudioContext({latencyHint: 'interactive', ...options});
      try {
        this.source = context.createMediaStreamSource(this.stream);
        return context;
      } catch { context.close(); }
    }
    throw new Trouble('no-microphone');
  }

  heard({samples, end_s, peak}) {
    if (this.over) return;
    const arrived_s = performance.now() / 1000;
    const buffered_s = this.stream.getAudioTracks()[0].getSettings().latency ?? 0;
    const start_s = this.clock.at(end_s, arrived_s) - buffered_s - samples.length / RATE_HZ;
    this.deaf_s = peak ? 0 : this.deaf_s + samples.length / RATE_HZ;
    this.tell();
    this.on.sound(start_s, samples, peak);
  }

  watch() {
    const video = this.video, next = video.requestVideoFrameCallback
      ? (each) => video.requestVideoFrameCallback(each)
      : (each) => requestAnimationFrame((now) => each(now));
    const each = (now, facts) => {
      if (this.over) return;
      const captured = facts?.captureTime ?? now;
      this.on.picture((Math.abs(now - captured) < 2000 ? captured : now) / 1000);
      next(each);
    };
    next(each);
  }

  facing() { return this.stream.getVideoTracks()[0].getSettings().facingMode; }
  camera() { return this.stream.getVideoTracks()[0].getSettings().deviceId; }

  stop() {
    this.over = true;
    for (const track of this.stream.getTracks()) track.stop();
    this.audio?.close();
    this.video.srcObject = null;
  }
}

// Small JPEGs of a video, one at a time.
class Shrinker {
  constructor(video) {
    [this.video, this.busy] = [video, false];
    this.canvas = document.createElement('canvas');
    this.pen = this.canvas.getContext('2d', {alpha: false});
  }
  async jpeg(side_px) {  // null where the last is still at work
    if (this.busy || !this.video.videoWidth) return null;
    this.busy = true;
    const {videoWidth: width, videoHeight: height} = this.video;
    const scale = Math.min(1, side_px / Math.max(width, height));
    const size = [width, height].map((each) => Math.max(16, 2 * Math.round(each * scale / 2)));
    if (this.canvas.width !== size[0] || this.canvas.height !== size[1])
      [this.canvas.width, this.canvas.height] = size;
    this.pen.drawImage(this.video, 0, 0, ...size);
    const blob = await new Promise((done) => this.canvas.toBlob(done, 'image/jpeg', 0.75));
    this.busy = false;
    return blob && new Uint8Array(await blob.arrayBuffer());
  }
}
