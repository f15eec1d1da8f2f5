/** A package as package-lock.json (version 3) describes it. */
interface LockedPackage {
  version?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  os?: string | string[];
  cpu?: string | string[];
  libc?: string | string[];
  [other: string]: unknown;
}

export interface Lock {
  lockfileVersion: number;
  /** By their place: `node_modules/a`, `node_modules/a/node_modules/b`. */
  packages: Record<string, LockedPackage>;
}

/** What the names of machine-bound packages are compared with. */
export interface Machine {
  os: 'linux';
  cpu: 'x64' | 'arm64';
  libc: 'glibc';
}

/** On Linux with glibc, as Lambda and Amazon Linux are. */
export const linux = (cpu: Machine['cpu']): Machine => ({ os: 'linux', cpu, libc: 'glibc' });

/**
 * The part of a lock file that these packages need on a machine, all at the versions and places it says:
 * `npm ci` then installs what `npm test` has tried, and nothing else.
 *
 * @throws when a package is not in the lock file
 */
export function lockOf(names: readonly string[], lock: Lock, machine: Machine): Lock {
  const kept = new Map<string, LockedPackage>();

  function keep(name: string, wantedBy: string) {
    const place = placeOf(name, wantedBy, lock);
    const found = place === undefined ? undefined : lock.packages[place];
    if (place === undefined || !found) {
      throw new Error(`${name} is not in package-lock.json. Run "npm install".`);
    }
    if (kept.has(place)) return;
    // `dev` and `optional` tell what these packages are to the whole repository, not to this part of it.
    const { dev, optional, devOptional, peer, ...facts } = found;
    const optionalDependencies = suited(found.optionalDependencies ?? {}, place);
    kept.set(place, { ...facts, optionalDependencies });
    const needed = { ...found.dependencies, ...optionalDependencies };
    for (const other of [...Object.keys(needed), ...requiredPeers(found)]) keep(other, place);
  }

  /** npm would ask why the packages for other machines are missing. */
  function suited(wishes: Record<string, string>, wantedBy: string) {
    const fits = ([name]: [string, string]) => {
      const found = lock.packages[placeOf(name, wantedBy, lock) ?? ''];
      return found !== undefined && suits(found, machine);
    };
    return Object.fromEntries(Object.entries(wishes).filter(fits));
  }

  for (const name of names) keep(name, '');
  const versions = names.map((name) => [name, lock.packages[`node_modules/${name}`]?.version]);
  const packages = [...kept].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    lockfileVersion: lock.lockfileVersion,
    packages: {
      '': { dependencies: Object.fromEntries(versions) },
      ...Object.fromEntries(packages),
    },
  };
}

/** Where Node finds a package that another one wants: below it, or below one of the folders above. */
function placeOf(name: string, wantedBy: string, { packages }: Lock): string | undefined {
  const folders = (wantedBy && `${wantedBy}/`).split('node_modules/');
  return folders
    .map((_, at) => `${folders.slice(0, at + 1).join('node_modules/')}node_modules/${name}`)
    .findLast((place) => packages[place]);
}

const requiredPeers = ({ peerDependencies = {}, peerDependenciesMeta = {} }: LockedPackage) =>
  Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);

const suits = (found: LockedPackage, machine: Machine) =>
  (['os', 'cpu', 'libc'] as const).every(
    (fact) => found[fact] === undefined || [found[fact]].flat().includes(machine[fact]),
  );
