// The last seconds of a stream as files: one recorder at a time, since recording is dear. Each
// begins a little before the one before it ends; the server lays the last two end to end.

const TYPES = ['video/webm;codecs=vp8,opus', 'video/webm', 'video/mp4'];  // Safari records MP4
const OVERLAP_S = 1;

class Recording {
  constructor(stream, type) {
    this.parts = [];
    this.recorder = new MediaRecorder(stream, {mimeType: type});
    this.recorder.ondataavailable = ({data}) => this.parts.push(data);
    this.recorder.onstart = () => { this.start_s = performance.now() / 1000; };
    this.ended = new Promise((done) => { this.recorder.onstop = done; });
    this.recorder.start();
  }
  stop() { if (this.recorder.state !== 'inactive') this.recorder.stop(); }
  async file(type) {
    this.stop();
    await this.ended;
    return new File(this.parts, `live.${type.match(/\w+\/(\w+)/)[1]}`, {type: type.split(';')[0]});
  }
}

class Keeper {
  constructor(stream) {
    [this.stream, this.recordings] = [stream, []];
    this.type = TYPES.find((type) => window.MediaRecorder?.isTypeSupported(type));
    if (!this.type) return;
    this.turn();
    this.timer = setInterval(() => this.turn(), 1000 * KEEP_S);
  }
  get works() { return this.recordings.length > 0; }

  turn() {
    const before = this.recordings.at(-1);
    this.recordings = [...this.recordings.slice(-1), new Recording(this.stream, this.type)];
    if (before) setTimeout(() => before.stop(), 1000 * OVERLAP_S);
  }

  last() {  // files, and when each began; the earlier first
    clearInterval(this.timer);
    return Promise.all(this.recordings.map(async (each) => {
      const file = await each.file(this.type);
      return {file, start_s: each.start_s};
    }));
  }

  stop() {
    clearInterval(this.timer);
    for (const each of this.recordings) each.stop();
  }
}
