import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  exec,
  findOnPath,
  firstLine,
  installDebian,
  LONG,
  type Prepared,
  persistently,
  runMaven,
} from './test-installs.ts';

/** A client, or a server to test against, in Python, in a virtual environment of its own. */
export interface PythonClient {
  /** As in the names of suites. */
  readonly name: string;
  /** A file in compat. */
  readonly requirements: string;
  /** The file lists all there is: nothing is added for what the packages themselves ask for. */
  readonly isWhole?: boolean;
}

export const MLFLOW_3_17: PythonClient = { name: 'mlflow 3.17', requirements: 'python/requirements.txt' };
export const MLFLOW_3_18: PythonClient = {
  name: 'mlflow 3.18',
  requirements: 'python/requirements-3.18.txt',
  isWhole: true,
};

export const MLFLOW_2: PythonClient = { name: 'mlflow 2', requirements: 'python/requirements-2.txt' };
export const MLFLOW_SKINNY: PythonClient = {
  name: 'mlflow-skinny',
  requirements: 'python/requirements-skinny.txt',
};
/** The official client with the libraries whose data sets it logs. */
export const MLFLOW_DATASETS: PythonClient = {
  name: 'mlflow with data sets',
  requirements: 'python/requirements-datasets.txt',
};
export const DELTA_RS: PythonClient = { name: 'delta-rs', requirements: 'delta/requirements.txt' };
/** Apache Spark with the official client, for Java 17. */
export const SPARK: PythonClient = { name: 'Spark', requirements: 'delta/requirements-spark.txt' };
/** A stand-in for Amazon S3. */
export const MOTO: PythonClient = { name: 'moto', requirements: 'stores/requirements.txt' };
/** A stand-in for Google Cloud Storage, a program in a wheel. */
export const FAKE_GCS: PythonClient = {
  name: 'fake-gcs-server',
  requirements: 'stores/requirements-gcs.txt',
};
/** The official client with the libraries by which it opens stores itself. */
export const STORE_CLIENTS: PythonClient = {
  name: 'mlflow with stores',
  requirements: 'stores/requirements-clients.txt',
};
export const REST_CLIENTS: PythonClient = { name: 'REST clients', requirements: 'rest/requirements.txt' };

/** So many are installed at a time: pip keeps a core and the network busy. */
const INSTALLS = 2;

/**
 * Virtual environments with the official clients, each made once per set of requirements, in order.
 *
 * @returns the path of each one's interpreter, in the order of `clients`, once it is there.
 */
export function preparePythons<const Clients extends readonly PythonClient[]>(
  root: string,
  clients: Clients,
): { [At in keyof Clients]: Promise<Prepared<string>> } {
  const lanes: Promise<unknown>[] = Array.from({ length: INSTALLS }, () => Promise.resolve());
  return clients.map((client, at) => {
    const before = lanes[at % INSTALLS] ?? Promise.resolve();
    const prepared = before.then(() => preparePython(root, client));
    lanes[at % INSTALLS] = prepared;
    return prepared;
  }) as { [At in keyof Clients]: Promise<Prepared<string>> };
}

export async function preparePython(
  root: string,
  { name, requirements: file, isWhole }: PythonClient = MLFLOW_3_17,
): Promise<Prepared<string>> {
  const requirements = join(root, 'compat', file);
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(root, '.cache', `python-${digest}`);
  const interpreter = join(folder, 'bin/python');
  const ready = join(folder, 'ready');
  // The interpreter is a link to the system's, which may have gone since.
  if (existsSync(ready) && existsSync(interpreter)) return { value: interpreter };
  process.stdout.write(`Installing ${name} for the tests…\n`);
  try {
    await persistently(async () => {
      await exec('python3', ['-m', 'venv', '--clear', folder], LONG);
      const options = ['--quiet', '--disable-pip-version-check', ...(isWhole ? ['--no-deps'] : [])];
      await exec(interpreter, ['-m', 'pip', 'install', ...options, '-r', requirements], LONG);
    });
    writeFileSync(ready, '');
  } catch (error) {
    return { missing: `${name} could not be installed from PyPI (${firstLine(error)})` };
  }
  return { value: interpreter };
}

/** The system's Chromium, installed from Debian's packages where that is allowed. */
export async function prepareChromium(): Promise<Prepared<string>> {
  const found = process.env.CHROMIUM ?? findOnPath(['chromium', 'chromium-browser', 'google-chrome']);
  if (found) return { value: found };
  const missing = await installDebian(['chromium']);
  if (missing !== undefined)
    return { missing: `there is no Chromium in CHROMIUM or on the PATH; ${missing}` };
  const installed = findOnPath(['chromium']);
  return installed ? { value: installed } : { missing: 'Chromium was installed but is not on the PATH' };
}

/** Maven with a compiler, which fetches the official Java client itself. */
export async function prepareMaven(): Promise<Prepared<string>> {
  if (!findOnPath(['mvn']) || !findOnPath(['javac'])) {
    const missing = await installDebian(['maven', 'openjdk-17-jdk-headless']);
    if (missing !== undefined) return { missing: `there is no Maven with a Java compiler; ${missing}` };
  }
  const maven = findOnPath(['mvn']);
  return maven ? { value: maven } : { missing: 'maven was installed but has no mvn' };
}

/**
 * The official Java client and what drives it, compiled. Suites run it side by side, without Maven: two Mavens in one
 * folder may take what the other has compiled.
 *
 * @returns the class path.
 */
export async function prepareJava(
  root: string,
  prepared: Promise<Prepared<string>>,
): Promise<Prepared<string>> {
  const maven = await prepared;
  if ('missing' in maven) return maven;
  process.stdout.write('Fetching the Java client for the tests…\n');
  const built = join(root, '.cache/java');
  try {
    const goals = ['test-compile', 'dependency:copy-dependencies'];
    await runMaven(maven.value, join(root, 'compat/java/pom.xml'), goals, built);
  } catch (error) {
    return { missing: `the Java client could not be had from Maven (${firstLine(error)})` };
  }
  return { value: [join(built, 'test-classes'), join(built, 'dependency/*')].join(delimiter) };
}

/** The folder of jars that make Spark read and write Delta tables, fetched by Maven. */
export async function prepareDeltaJars(
  root: string,
  prepared: Promise<Prepared<string>>,
): Promise<Prepared<string>> {
  const pom = join(root, 'compat/delta/pom.xml');
  const digest = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const folder = join(root, '.cache', `delta-jars-${digest}`);
  const ready = join(folder, 'ready');
  if (existsSync(ready)) return { value: folder };
  const maven = await prepared;
  if ('missing' in maven) return maven;
  process.stdout.write('Fetching Delta Lake for the tests…\n');
  try {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${folder}`];
    await runMaven(maven.value, pom, goal, folder);
    writeFileSync(ready, '');
  } catch (error) {
    return { missing: `Delta Lake for Spark could not be fetched from Maven (${firstLine(error)})` };
  }
  return { value: folder };
}

/** Microsoft's stand-in for Azure. At 186 MB it is fetched by those alone who test. */
const AZURITE = 'azurite@3.35.0';

/** The program that serves its blobs. */
export async function prepareAzurite(root: string): Promise<Prepared<string>> {
  const folder = join(root, '.cache', AZURITE.replace('@', '-'));
  const program = join(folder, 'node_modules/azurite/dist/src/blob/main.js');
  const ready = join(folder, 'ready');
  if (existsSync(ready)) return { value: program };
  process.stdout.write('Installing Azurite for the tests…\n');
  try {
    await persistently(async () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      await exec(
        'npm',
        ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', AZURITE],
        LONG,
      );
    });
    writeFileSync(ready, '');
  } catch (error) {
    return { missing: `Azurite could not be installed from npm (${firstLine(error)})` };
  }
  return { value: program };
}

/** OpenSSH's server, from the system or Debian's packages. */
export async function prepareSshd(): Promise<Prepared<string>> {
  const find = () => findOnPath(['sshd'], ['/usr/sbin']);
  const found = find();
  if (found) return { value: found };
  const missing = await installDebian(['openssh-server', 'openssh-client']);
  if (missing !== undefined) return { missing: `there is no OpenSSH server; ${missing}` };
  const installed = find();
  return installed ? { value: installed } : { missing: 'openssh-server was installed but has no sshd' };
}
