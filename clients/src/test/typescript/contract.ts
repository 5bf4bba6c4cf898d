// SPDX-License-Identifier: Apache-2.0
// The calls of the generated TypeScript client; JavaContract has the same for Java. Prints each that did what it should.
import * as assert from 'node:assert/strict';
import {
  Configuration, EventsApi, ItemsApi, ModelsApi, ProblemFromJSON, RankingApi, ResponseError, UsersApi,
} from './client';
import type { Item, Problem } from './client';

const configuration = new Configuration({ basePath: process.argv[2] });
const ranking = new RankingApi(configuration);
const events = new EventsApi(configuration);
const users = new UsersApi(configuration);
const items = new ItemsApi(configuration);
const models = new ModelsApi(configuration);
const TAKES_EFFECT_MILLIS = 20_000;

const rank = (rankRequest: object) => ranking.rank({ rankRequest: { user: 'typescript', ...rankRequest } });

async function failure(call: () => Promise<unknown>): Promise<Problem> {
  try {
    await call();
  } catch (error) {
    if (error instanceof ResponseError) return ProblemFromJSON(await error.response.json());
    throw error;
  }
  throw new Error('was answered');
}

/** The item event is in the log; the service reads it there. */
async function awaitItem(): Promise<Item> {
  const start = Date.now();
  while (true) {
    try {
      const item = await items.getItem({ item: 'i9' });
      if (item.attributes.typescript) return item;
    } catch (error) {
      if (!(error instanceof ResponseError) || error.response.status !== 404) throw error;
    }
    assert.ok(Date.now() - start < TAKES_EFFECT_MILLIS);
    await new Promise(done => setTimeout(done, 20));
  }
}

const calls: Record<string, () => Promise<void>> = {
  async postEvents() {
    for (const [id, item, time] of [['1', 'i9', new Date().toISOString()], ['2', 'i8', Date.now()]]) {
      const event = {
        id: `typescript-${id}`, action: 'click', user: 'typescript', item: `${item}`, time, context: { surface: 'home' },
      };
      assert.deepEqual(await events.postEvents({ event, wait: true }).then(it => [it.accepted, it.folded]), [1, true]);
    }
  },
  async rank() {
    const list = await rank({});
    assert.deepEqual([list.model.name, list.model.version, list.model.calibrated], ['shop', 'v1', true]);
    assert.equal(list.fallback, null);
    assert.equal(list.history.events, 2);
    assert.equal(list.items.length, 20);
    for (const item of list.items) {
      assert.ok(Number.isFinite(item.score));
      assert.ok(item.probability !== null && item.probability >= 0 && item.probability <= 1);
    }
    assert.equal(list.items[0].rank, 1);
  },
  async rankCandidates() {
    const list = await rank({ candidates: ['i1', 'i2', 'i3'], exclude: ['i3'], context: { surface: 'home' }, limit: 5 });
    assert.deepEqual(list.items.map(item => item.item).sort(), ['i1', 'i2']);
    assert.equal(list.unreadFields, undefined);
    const misspelt = await rank({ candidates: ['i1', { item: 'i2', fields: { retreival: 0.83 } }] });
    assert.deepEqual([misspelt.unreadFields, misspelt.missingFields], [['retreival'], undefined]);
    const page = await rank({ candidates: ['i1', 'i2', 'i3'], slate: { size: 2, method: 'mmr', maxPerValue: { typescript: 1 } } });
    assert.equal(page.items.length, 2);
    assert.deepEqual([page.slate?.method, page.slate?.fallback, page.slate?.shortlist], ['mmr', null, 3]);
    assert.deepEqual(page.slate?.withoutValues, ['maxPerValue.typescript']);
  },
  async explain() {
    const list = await rank({ candidates: ['i1', 'i2'], explain: true });
    assert.equal(list.explanation?.scored, 2);
    for (const item of list.items) assert.ok(item.because!.every(reason => reason.action === 'click' && reason.change !== 0));
  },
  async getUser() {
    const user = await users.getUser({ user: 'typescript' });
    assert.deepEqual(user.entries.map(entry => entry.item), ['i9', 'i8']);
    assert.ok(user.entries[0].time instanceof Date);
  },
  async putItem() {
    const itemDescription = { attributes: { title: 'Trail shoe', typescript: ['red', 'blue'] } };
    assert.ok((await items.putItem({ item: 'i9', itemDescription })).offset >= 0);
  },
  async getItem() {
    const item = await awaitItem();
    assert.deepEqual(item.attributes.title, ['Trail shoe']);
    assert.deepEqual(item.attributes.typescript, ['red', 'blue']);
    assert.equal(item.available, true);
  },
  async filter() {
    const list = await rank({ candidates: ['i8', 'i9'], filter: { typescript: ['red', 'green'] } });
    assert.deepEqual(list.items.map(item => item.item), ['i9']);
  },
  async getModels() {
    const all = await models.getModels();
    assert.ok(all.models.some(model => model.name === 'shop'));
    assert.deepEqual(all.refused, {});
  },
  async activateModel() {
    const model = await models.activateModel({ name: 'shop', version: 'v2' });
    assert.deepEqual([model.version, model.calibrated], ['v2', false]);
    const list = await rank({});
    assert.equal(list.model.calibrated, false);
    for (const item of list.items) assert.ok(Number.isFinite(item.score) && item.probability === null);
  },
  async routeModels() {
    const { routing } = await models.routeModels({ routing: { arms: { 'shop/v1': 9, 'shop/v2': 1 } } });
    assert.deepEqual(routing.arms, { 'shop/v1': 9, 'shop/v2': 1 });
    assert.ok((await rank({})).experiment);
    await models.routeModels({ routing: { arms: { 'shop/v1': 1 } } });
  },
  async followModel() {
    assert.equal((await models.followModel({ name: 'shop' })).version, 'v2');
    assert.equal((await models.activateModel({ name: 'shop', version: 'v1' })).calibrated, true);
  },
  async exportUser() {
    const lines = (await (await users.exportUser({ user: 'typescript' })).text()).trim().split('\n').map(line => JSON.parse(line));
    assert.deepEqual([lines[0].kind, lines[0].user, lines.at(-1).kind], ['about', 'typescript', 'end']);
  },
  async eraseUser() {
    assert.equal((await users.eraseUser({ user: 'typescript', wait: true })).folded, true);
    assert.equal((await failure(() => users.getUser({ user: 'typescript' }))).status, 404);
  },
  async problem() {
    assert.equal((await failure(() => rank({ model: 'No one' }))).status, 400);
    const missing = await failure(() => ranking.rank({ rankRequest: { user: ' ' } }));
    assert.equal(missing.status, 400);
    assert.deepEqual(missing.errors?.map(error => error.field), ['user']);
    assert.ok(missing.errors![0].message);
  },
};

async function main() {
  for (const [name, call] of Object.entries(calls)) {
    try {
      await call();
    } catch (error) {
      console.error(name, error instanceof ResponseError ? await error.response.text() : '');
      throw error;
    }
    console.log(name);
  }
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
