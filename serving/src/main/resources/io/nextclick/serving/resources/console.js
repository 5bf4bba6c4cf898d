'use strict';

const element = id => document.getElementById(id);

/** A new element with text; what the service sends never becomes markup. */
function make(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

let key = ''; // in memory alone: a reload of the page asks for it again

async function call(path, options = {}) {
  const headers = { ...options.headers, ...(key ? { authorization: 'Bearer ' + key } : {}) };
  const response = await fetch(path, { ...options, headers, credentials: 'omit' });
  if (response.status === 401) element('login').hidden = false;
  const body = await response.json();
  if (!response.ok && response.status !== 404) throw new Error(body.detail || body.title);
  return response.ok ? body : null;
}

const titles = new Map();

/** The item's title from the catalogue, or its id; the newest 2,000 are remembered. */
async function title(item) {
  if (!titles.has(item)) {
    if (titles.size >= 2000) titles.delete(titles.keys().next().value);
    const found = await call('v1/items/' + encodeURIComponent(item)).catch(() => null);
    const attributes = found ? found.attributes : {};
    const named = attributes.title || [];
    titles.set(item, {
      text: named.length > 0 ? named.join(' ') : item,
      detail: [...(named.length > 0 ? [item] : []), ...(attributes.category || [])].join(' · '),
    });
  }
  return titles.get(item);
}

/** A line of a list; a share, from 0 to 1, draws a bar. */
async function row(item, value, share) {
  const about = await title(item);
  const made = make('li', '');
  const line = make('div', 'row');
  line.append(make('span', 'title', about.text), make('span', 'detail', about.detail),
      make('span', 'value', value));
  made.append(line);
  if (share !== undefined) {
    const bar = make('progress', '');
    bar.max = 1;
    bar.value = share;
    made.append(bar);
  }
  return made;
}

async function fill(list, rows) {
  const made = await Promise.all(rows);
  element(list).replaceChildren(...made);
}

async function rank() {
  const body = { user: element('user').value.trim(), limit: Number(element('limit').value) };
  if (element('model').value) body.model = element('model').value;
  return call('v1/rank', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** A time that has passed, in the unit that reads best. */
function age(millis) {
  if (millis < 1000) return `${millis} ms`;
  const seconds = Math.round(millis / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** How long an item's bar is: its probability, or else its score beside the list's best one. */
function shares(list) {
  if (list.model.calibrated) return list.items.map(entry => entry.probability);
  const scores = list.items.map(entry => entry.score);
  const floor = Math.min(0, ...scores);
  const range = Math.max(...scores) - floor;
  return scores.map(score => range > 0 ? (score - floor) / range : 0);
}

async function show() {
  element('message').textContent = '';
  const name = element('user').value.trim();
  const user = await call('v1/users/' + encodeURIComponent(name));
  const list = await rank();
  const share = shares(list);
  element('about').textContent = `${list.model.name} ${list.model.version}`
      + (list.model.calibrated ? ', click probabilities' : ', scores')
      + (list.fallback ? `, because of ${list.fallback}` : '');
  await fill('ranked', list.items.map((entry, place) => row(entry.item,
      list.model.calibrated ? entry.probability.toFixed(4) : entry.score.toPrecision(4),
      share[place])));
  const history = list.history;
  element('known').textContent = user
      ? `${history.events} events, partition ${history.partition}, offset ${history.offset}`
          + (history.ageMillis === null ? `, age unknown: ${history.ageUnknown}` : `, ${age(history.ageMillis)} old`)
      : 'Nothing is known of this user.';
  await fill('history', user
      ? user.entries.slice(-100).reverse().map(entry =>
          row(entry.item, `${entry.action} · ${entry.time.replace('T', ' ').slice(0, 19)}`))
      : []);
}

async function loadModels() {
  const loaded = await call('v1/models');
  element('model').replaceChildren(element('model').firstElementChild);
  for (const model of loaded.models) {
    const option = make('option', '', `${model.name} ${model.version}`);
    option.value = model.name;
    element('model').append(option);
  }
}

element('ask').addEventListener('submit', event => {
  event.preventDefault();
  show().catch(error => { element('message').textContent = error.message; });
});

element('login').addEventListener('submit', event => {
  event.preventDefault();
  key = element('key').value.trim();
  element('key').value = '';
  element('message').textContent = '';
  loadModels().then(() => { element('login').hidden = true; })
      .catch(error => { element('message').textContent = error.message; });
});

element('open').hidden = document.documentElement.dataset.access !== 'open';

const asked = new URLSearchParams(location.search).get('user');
if (asked) {
  element('user').value = asked;
  show().catch(error => { element('message').textContent = error.message; });
}
loadModels().catch(error => { element('message').textContent = error.message; });
