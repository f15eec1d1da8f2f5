import { Instance } from '@pulumi/aws/rds/instance.js';
import { ParameterGroup } from '@pulumi/aws/rds/parameterGroup.js';
import { SubnetGroup } from '@pulumi/aws/rds/subnetGroup.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  getProject,
  getStack,
  interpolate,
  type Output,
} from '@pulumi/pulumi';
import type { StackConfig } from '../config/read.ts';
import type { Network } from './network.ts';
import type { Doors } from './security-groups.ts';

/** Of PostgreSQL, as the embedded one of the laptop; a newer one is a decision, not an accident. */
const MAJOR_VERSION = '18';

const PARAMETERS = {
  'rds.force_ssl': '1',
  // As on a laptop (local/postgres/server.ts): an error's DETAIL quotes the row that was refused, with its e-mail
  // address and password hash, and its STATEMENT the one that failed.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
};

/** GiB; more RDS does not take. */
const MOST_STORAGE = 65_536;

export interface DatabaseArgs {
  /** Its size, and how well it is kept. */
  stack: StackConfig;
  /** Whose private subnets it is in. */
  network: Network;
  doors: Doors;
}

/** PostgreSQL on RDS: private, encrypted, TLS only, backed up; its password is made, kept and changed by AWS. */
export class Database extends ComponentResource {
  /** `postgresql://…` without a password. */
  readonly url: Output<string>;
  /** Where the password is, in Secrets Manager; it changes every seven days. */
  readonly secretArn: Output<string>;
  /** Name of the instance, as alarms know it. */
  readonly identifier: Output<string>;

  constructor(name: string, args: DatabaseArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Database', name, {}, options);
    const instance = this.#createInstance(name, args);
    this.identifier = instance.identifier;
    this.url = interpolate`postgresql://${instance.username}@${instance.endpoint}/${instance.dbName}?sslmode=verify-full`;
    this.secretArn = instance.masterUserSecrets.apply(([secret]) => secret?.secretArn ?? '');
    this.registerOutputs();
  }

  #createInstance(name: string, { stack, network, doors }: DatabaseArgs) {
    const parent = { parent: this };
    const subnets = new SubnetGroup(name, { subnetIds: network.privateSubnets }, parent);
    const parameters = new ParameterGroup(
      name,
      {
        family: `postgres${MAJOR_VERSION}`,
        parameters: Object.entries(PARAMETERS).map(([name, value]) => ({ name, value })),
      },
      parent,
    );
    return new Instance(
      name,
      {
        engine: 'postgres',
        engineVersion: MAJOR_VERSION,
        autoMinorVersionUpgrade: true,
        instanceClass: stack.databaseClass,
        multiAz: stack.databaseMultiAz,
        dbName: 'portrait',
        username: 'portrait',
        manageMasterUserPassword: true,

        dbSubnetGroupName: subnets.name,
        vpcSecurityGroupIds: [doors.database],
        publiclyAccessible: false,
        parameterGroupName: parameters.name,
        caCertIdentifier: 'rds-ca-rsa2048-g1',

        storageType: 'gp3',
        allocatedStorage: stack.databaseStorage,
        maxAllocatedStorage: Math.min(5 * stack.databaseStorage, MOST_STORAGE),
        storageEncrypted: true,
        backupRetentionPeriod: stack.databaseBackupDays,
        copyTagsToSnapshot: true,
        deleteAutomatedBackups: !stack.protectData,
        deletionProtection: stack.protectData,
        skipFinalSnapshot: !stack.protectData,
        finalSnapshotIdentifier: `${getProject()}-${getStack()}-final`,
      },
      // `pulumi destroy` then refuses before it begins, instead of RDS half-way.
      { parent: this, protect: stack.protectData },
    );
  }
}
