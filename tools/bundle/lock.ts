/** A package in package-lock.json (version 3). */
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
  /** By location: `node_modules/a`, `node_modules/a/node_modules/b`. */
  packages: Record<string, LockedPackage>;
}

/** Target platform of an artifact. */
export interface Machine {
  os: 'linux';
  cpu: 'x64' | 'arm64';
  libc: 'glibc';
}

/** Linux with glibc, like Lambda and Amazon Linux. */
export const linux = (cpu: Machine['cpu']): Machine => ({ os: 'linux', cpu, libc: 'glibc' });

/**
 * Reduces a lock file to the given packages and their dependencies for one machine, at the same versions and locations,
 * so that `npm ci` installs what `npm test` has tested and nothing else.
 *
 * @throws Error if a package is not in the lock file
 */
export function subsetLock(names: readonly string[], lock: Lock, machine: Machine): Lock {
  const kept = new Map<string, LockedPackage>();

  function keep(name: string, dependent: string) {
    const location = locate(name, dependent, lock);
    const found = location === undefined ? undefined : lock.packages[location];
    if (location === undefined || !found) {
      throw new Error(`${name} is not in package-lock.json. Run "npm install".`);
    }
    if (kept.has(location)) return;
    // These flags describe the role of a package in the whole repository, not in this subset.
    const { dev, optional, devOptional, peer, ...rest } = found;
    const optionalDependencies = pickSuitable(found.optionalDependencies ?? {}, location);
    kept.set(location, { ...rest, optionalDependencies });
    const needed = { ...found.dependencies, ...optionalDependencies };
    for (const other of [...Object.keys(needed), ...requiredPeers(found)]) keep(other, location);
  }

  /** Drops optional dependencies for other machines: npm would report them as missing. */
  function pickSuitable(dependencies: Record<string, string>, dependent: string) {
    const fits = ([name]: [string, string]) => {
      const found = lock.packages[locate(name, dependent, lock) ?? ''];
      return found !== undefined && suits(found, machine);
    };
    return Object.fromEntries(Object.entries(dependencies).filter(fits));
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

/** Finds the package that Node resolves for a dependent: below it, or below one of its parent folders. */
function locate(name: string, dependent: string, { packages }: Lock): string | undefined {
  const folders = (dependent && `${dependent}/`).split('node_modules/');
  return folders
    .map((_, at) => `${folders.slice(0, at + 1).join('node_modules/')}node_modules/${name}`)
    .findLast((location) => packages[location]);
}

const requiredPeers = ({ peerDependencies = {}, peerDependenciesMeta = {} }: LockedPackage) =>
  Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);

const suits = (found: LockedPackage, machine: Machine) =>
  (['os', 'cpu', 'libc'] as const).every(
    (key) => found[key] === undefined || [found[key]].flat().includes(machine[key]),
  );
