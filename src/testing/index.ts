/** glassine/testing: managers and packages for tests, arbitraries, and laws to run on one's own. */
export { arbitrariesFor, type HostArbitraries, type HostileProposal } from "./arbitraries.ts";
export {
  type FixturePackage,
  type InstalledFixture,
  installFixturePackage,
} from "./fixture-package.ts";
export { type HostileValue, hostileValues, Watch } from "./hostile-values.ts";
export type { Law, LawOptions } from "./laws/law.ts";
export { type PluginUnderTest, pluginLaws } from "./plugin-laws.ts";
export { slotLaws } from "./slot-laws.ts";
export type { AnyHost, HostTables } from "./subject.ts";
export {
  type AccessHolder,
  type Holder,
  type PropertyHolder,
  type WithPluginsOptions,
  withPlugins,
} from "./with-plugins.ts";
