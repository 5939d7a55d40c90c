// Runs @segment/analytics-next, as published, in a page of another site: jsdom enforces CORS as a browser does.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, host, writeKey, origin, form] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const { JSDOM, VirtualConsole } = require("jsdom");
const bundle = readFileSync(require.resolve("@segment/analytics-next/dist/umd/index.js"), "utf8");

const refused = [];
const virtualConsole = new VirtualConsole();
virtualConsole.on("jsdomError", (error) => refused.push(String(error.message)));
const page = new JSDOM("<!doctype html><title>Shop</title>", {
  url: `${origin}/start?utm_source=letter`,
  runScripts: "dangerously",
  pretendToBeVisual: true,
  virtualConsole,
});
page.window.eval(bundle);

const delivery = form === "batch" ? { strategy: "batching", config: { size: 3, timeout: 500 } } : undefined;
// What the client could not load from a site that does not allow it is a failure of loading, not of this script.
const settle = (promise) =>
  Promise.race([promise.catch(() => null), new Promise((done) => setTimeout(done, 12_000))]);
const loaded = await settle(
  page.window.AnalyticsNext.AnalyticsBrowser.load(
    { writeKey, cdnURL: host },
    { integrations: { "Segment.io": delivery ? { deliveryStrategy: delivery } : {} } },
  ),
);
if (loaded) {
  const [analytics] = loaded;
  await analytics.track("Looked", { product_id: "p1" });
  await analytics.identify("u-17", { age: 44 });
  await analytics.page("shop", "Home");
  await analytics.screen("Start");
  await analytics.group("g-1");
  await analytics.alias("u-18");
  await new Promise((done) => setTimeout(done, form === "batch" ? 2_500 : 1_500));
}
console.log(JSON.stringify({ loaded: Boolean(loaded), refused }));
process.exit(0);
