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
import type { SecurityGroups } from './security-groups.ts';

/** PostgreSQL, the same version as the embedded one of laptop mode; upgrades are explicit. */
const MAJOR_VERSION = '18';

const PARAMETERS = {
  'rds.force_ssl': '1',
  // As in laptop mode (local/postgres/server.ts): the DETAIL of an error quotes the rejected row, with its e-mail
  // address and password hash, and STATEMENT quotes the failed statement.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
};

/** Limit of RDS. */
const MAX_STORAGE_GIB = 65_536;

export interface DatabaseArgs {
  stack: StackConfig;
  /** The database is in its private subnets. */
  network: Network;
  securityGroups: SecurityGroups;
}

/** PostgreSQL on RDS: private, encrypted, TLS only, backed up; RDS generates, stores and rotates its password. */
export class Database extends ComponentResource {
  /** `postgresql://…`, without a password. */
  readonly url: Output<string>;
  /** ARN of the password in Secrets Manager, which is rotated every seven days. */
  readonly secretArn: Output<string>;
  /** Name of the instance. */
  readonly identifier: Output<string>;

  constructor(name: string, args: DatabaseArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Database', name, {}, options);
    const instance = this.#createInstance(name, args);
    this.identifier = instance.identifier;
    this.url = interpolate`postgresql://${instance.username}@${instance.endpoint}/${instance.dbName}?sslmode=verify-full`;
    this.secretArn = instance.masterUserSecrets.apply(([secret]) => {
      if (!secret) throw new Error('RDS returned no secret for the master user.');
      return secret.secretArn;
    });
    this.registerOutputs();
  }

  #createInstance(name: string, { stack, network, securityGroups }: DatabaseArgs) {
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
        vpcSecurityGroupIds: [securityGroups.database],
        publiclyAccessible: false,
        parameterGroupName: parameters.name,
        caCertIdentifier: 'rds-ca-rsa2048-g1',

        storageType: 'gp3',
        allocatedStorage: stack.databaseStorage,
        maxAllocatedStorage: Math.min(5 * stack.databaseStorage, MAX_STORAGE_GIB),
        storageEncrypted: true,
        backupRetentionPeriod: stack.databaseBackupDays,
        copyTagsToSnapshot: true,
        deleteAutomatedBackups: !stack.protectData,
        deletionProtection: stack.protectData,
        skipFinalSnapshot: !stack.protectData,
        finalSnapshotIdentifier: `${getProject()}-${getStack()}-final`,
      },
      // `pulumi destroy` then refuses before it starts, instead of failing halfway at RDS.
      { parent: this, protect: stack.protectData },
    );
  }
}
