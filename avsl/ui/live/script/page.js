// What the page does: the state it is in, what is pressed, what is shown. What it shows also stands
// in data- attributes of the root: state, problem, way, verdict, side, where, rate, latency, dropped.

const FIRST_WISH = {side_px: 320, rate_hz: 15};  // until the server says
const SHOWN_S = 0.5, OLDEST_S = 1.5;  // a map goes so long after it came, or after its picture
const OUT_OF_SIGHT_S = 60;  // then camera and microphone are let go
const QUIETEST_DBFS = -60;

class Live {
  constructor(root, {server, upload, trigger}) {
    Object.assign(this, {root, server, upload, trigger});
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.video = this.part('video');
    this.drawing = new Drawing(this.part('canvas'));
    this.shrinker = new Shrinker(this.video);
    this.facing = 'user';
    this.forget();
    this.listen();
    this.say('idle', WORDS.idle);
    requestAnimationFrame(() => this.frame());
  }

  forget() {
    [this.map, this.wish, this.due_s] = [null, {...FIRST_WISH}, 0];
    [this.latencies, this.arrivals, this.level, this.gauged_s] = [[], [], QUIETEST_DBFS, 0];
  }

  listen() {
    this.part('start').onclick = () => this.capture || this.asking ? this.stop() : this.start();
    this.part('keep').onclick = () => this.keep();
    this.part('turn').onclick = () => this.turn();
    this.part('camera').onchange = () => this.start(this.part('camera').value);
    this.part('variant').onchange = () => this.line?.choose(this.part('variant').value);
    this.part('mirror').onchange = () => {
      this.mirrorChosen = true;
      this.mirror(this.part('mirror').checked);
    };
    this.root.querySelector('[data-part="looks"]').onchange = () => { this.drawn = null; };
    this.part('opacity').oninput = () => { this.drawn = null; };
    document.addEventListener('visibilitychange', () => this.sight());
    new IntersectionObserver(([entry]) => {
      this.inView = entry.isIntersecting;
      this.sight();
    }).observe(this.root);
    this.video.onresize = () => {
      const {videoWidth: width, videoHeight: height} = this.video;
      if (width) this.part('stage').style.setProperty('--ratio', width / height);
    };
  }

  async start(camera = '') {
    this.stop();
    const asked = this.asking = {};
    this.say('asking', WORDS.asking);
    let stream;
    try {
      stream = await openDevices({camera, facing: this.facing});
      if (this.asking !== asked) return stream.getTracks().forEach((track) => track.stop());
      this.capture = new Capture(stream, this.video, {
        picture: (time_s) => this.see(time_s),
        sound: (time_s, samples, peak) => this.hear(time_s, samples, peak),
        trouble: (key) => this.fail(key),
        notice: (key) => this.notice(key),
      });
      await this.capture.start();
    } catch (error) {
      if (this.asking === asked) this.fail(error instanceof Trouble ? error.message : 'taken');
      return;
    }
    if (this.asking !== asked) return;
    this.asking = null;
    this.keeper = new Keeper(stream);
    this.part('keep').disabled = !this.keeper.works;
    if (!this.mirrorChosen) this.mirror(this.capture.facing() !== 'environment');
    const capture = this.capture;
    await this.listCameras();
    if (this.capture !== capture) return;
    this.connect();
    this.sight();  // the page may have gone out of sight while the browser was asking
  }

  stop() {
    this.asking = null;
    this.line?.close();
    this.keeper?.stop();
    this.capture?.stop();
    this.line = this.keeper = this.capture = null;
    clearTimeout(this.leaving);
    this.forget();
    this.unmark();
    this.notice(null);
    this.part('keep').disabled = true;
    this.gauge(0);
    this.say('idle', WORDS.idle);
  }

  fail(problem, text = WORDS.problems[problem]) {
    this.stop();
    this.say('problem', text, problem);
  }

  connect() {
    this.say('connecting', WORDS.connecting);
    this.line = new Line({
      opened: (way) => {
        this.root.dataset.way = way;
        this.line.choose(this.part('variant').value);
      },
      lost: (code) => {
        if (code === REFUSED) return this.fail('refused');
        this.unmark();
        this.say('lost', WORDS.lost);
      },
      answer: ({news, map}) => news ? this.told(news) : this.arrived(map),
    }, this.server.exchange && ((load) => this.server.exchange(load)));
  }

  told({stage, text, side_px, rate_hz}) {
    if (side_px) this.wish = {side_px, rate_hz};
    if (stage === 'refused') return this.fail('refused', text);
    if (stage !== 'live') this.unmark();
    this.say(stage, text);
  }

  see(time_s) {
    const now_s = performance.now() / 1000;
    if (this.root.dataset.state !== 'live' || this.line.full || now_s < this.due_s) return;
    this.due_s = Math.max(this.due_s + 1 / this.wish.rate_hz, now_s);
    this.shrinker.jpeg(this.wish.side_px).then((jpeg) => {
      if (jpeg && this.root.dataset.state === 'live') this.line.see(time_s, jpeg);
    });
  }

  hear(time_s, samples, peak) {
    const level = Math.max(QUIETEST_DBFS, 20 * Math.log10(peak + 1e-9));
    this.level = Math.max(level, this.level - 1.5);
    if (this.root.dataset.state === 'live') this.line.hear(time_s, samples);
  }

  arrived(map) {
    if (this.root.dataset.state !== 'live') return;
    map.came_s = performance.now() / 1000;
    this.wish = {side_px: map.side_px, rate_hz: map.rate_hz};
    this.map = map;
  }

  frame() {
    requestAnimationFrame(() => this.frame());
    if (!this.capture) return;
    const now_s = performance.now() / 1000;
    if (this.map && this.map !== this.drawn) this.show(this.map, now_s);
    const left_s = this.map && Math.min(
      SHOWN_S - (now_s - this.map.came_s), OLDEST_S - (now_s - this.map.time_s));
    this.part('canvas').style.opacity = Math.max(0, Math.min(1, (left_s ?? 0) / 0.2));
    if (this.map && left_s <= 0) this.unmark();
    if (now_s - this.gauged_s > 0.25) this.gauge(now_s);
  }

  show(map, now_s) {
    const look = this.root.querySelector('[data-part="looks"] input:checked').value;
    this.drawing.draw(map, look, Number(this.part('opacity').value));
    this.drawn = map;
    if (map.counted) return;  // drawn anew in another style
    map.counted = true;
    this.latencies = [...this.latencies.slice(-49), now_s - map.time_s];
    this.arrivals = [...this.arrivals, now_s];
    this.mark(map);
  }

  mark(map) {
    const badge = this.part('badge'), where = this.asSeen(map.where);
    const verdict = WORDS.verdicts[map.verdict];
    const words = [verdict, where, map.heard].filter(Boolean).join(', ');
    if (this.part('words').textContent !== words) this.part('words').textContent = words;
    badge.hidden = false;
    badge.dataset.verdict = map.verdict;
    Object.assign(this.root.dataset, {
      verdict: map.verdict, side: sideOf(map), where: map.where, dropped: map.dropped,
      confidence: map.confidence.toFixed(2), time: map.time_s.toFixed(3),
    });
  }

  unmark() {
    this.map = this.drawn = null;
    this.part('badge').hidden = true;
    this.drawing.clear();
    Object.assign(this.root.dataset, {verdict: '', side: '', where: '', confidence: ''});
  }

  gauge(now_s) {
    this.gauged_s = now_s;
    this.arrivals = this.arrivals.filter((each) => now_s - each < 2);
    const rate = this.arrivals.length / 2, sorted = [...this.latencies].sort((a, b) => a - b);
    const latency_ms = sorted.length ? Math.round(1000 * sorted[sorted.length >> 1]) : null;
    this.part('rate').textContent = rate ? WORDS.rate.replace('{}', rate.toFixed(1)) : '–';
    this.part('latency').textContent = rate && latency_ms ? `${latency_ms} ms` : '–';
    Object.assign(this.root.dataset, {rate: rate.toFixed(1), latency: rate ? latency_ms : ''});
    const meter = this.part('level');
    meter.firstElementChild.style.transform = `scaleX(${1 - this.level / QUIETEST_DBFS})`;
    meter.ariaValueNow = Math.round(this.level);
    meter.ariaValueText = `${Math.round(this.level)} dBFS`;
  }

  say(state, text, problem = '') {
    Object.assign(this.root.dataset, {state, problem});
    const busy = Boolean(this.capture || this.asking);
    this.part('start').textContent = busy ? WORDS.stop : WORDS.start;
    this.part('message').hidden = !text;
    if (this.part('message').textContent !== text) this.part('message').textContent = text;
  }

  notice(key) {
    this.part('notice').hidden = !key;
    this.part('notice').textContent = key ? WORDS.notices[key] : '';
  }

  sight() {  // out of sight nothing is sent; for long, nothing is even taken
    const seen = this.inView && document.visibilityState === 'visible';
    const paused = this.root.dataset.state === 'paused';
    if (!this.capture || this.asking || seen !== paused) return;
    clearTimeout(this.leaving);
    if (seen) return this.connect();
    this.line?.close();
    this.line = null;
    this.unmark();
    this.say('paused', WORDS.paused);
    this.leaving = setTimeout(() => {
      this.stop();
      this.say('idle', WORDS.left);
    }, 1000 * OUT_OF_SIGHT_S);
  }

  async listCameras() {
    const found = await cameras(), current = this.capture?.camera();
    const choice = this.part('camera');
    choice.replaceChildren(...found.map((each, at) =>
      new Option(each.label || `${WORDS.camera} ${at + 1}`, each.deviceId)));
    if (current) choice.value = current;
    choice.disabled = found.length < 2;
    this.part('turn').hidden = found.length < 2 || !this.capture?.facing();
  }

  turn() {
    this.facing = this.capture?.facing() === 'environment' ? 'user' : 'environment';
    this.start();
  }

  mirror(mirrored) {
    this.part('mirror').checked = mirrored;
    this.root.toggleAttribute('data-mirrored', mirrored);
  }

  asSeen(where) {  // words for a place, the other way round in a mirror
    if (!this.part('mirror').checked) return where;
    return where.replace(/left|right/, (side) => side === 'left' ? 'right' : 'left');
  }

  async keep() {
    const button = this.part('keep');
    button.disabled = true;
    try {
      const recordings = await this.keeper.last();
      this.stop();
      this.say('idle', WORDS.keeping);
      const uploaded = await Promise.all(recordings.map(async ({file, start_s}) => (
        {path: (await this.upload(file)).path, start_s})));
      this.trigger('keep', {recordings: uploaded});
      this.say('idle', WORDS.idle);
    } catch { this.fail('kept'); }
  }
}

new Live(element.querySelector('.avsl-live'), {server, upload, trigger});
