/** glassine/testing: managers and packages for tests, arbitraries, and laws for your own code. */
export type { HostArbitraries, HostileProposal } from "./arbitraries.ts";
export {
  type FixturePackage,
  type InstalledFixture,
  installFixturePackage,
} from "./fixture-package.ts";
export { type HostileValue, hostileValues, Watch } from "./hostile-values.ts";
export type { AdapterDocuments, AdapterFixtures, AdapterUnderTest } from "./laws/adapter-laws.ts";
export type { Law, LawOptions } from "./laws/law.ts";
export type { AnyHost, HostValues, PluginUnderTest } from "./subject.ts";
export { adapterLaws, arbitrariesFor, pluginLaws, slotLaws } from "./with-fast-check.ts";
export {
  type Holder,
  type WithPluginsOptions,
  withPlugins,
} from "./with-plugins.ts";
