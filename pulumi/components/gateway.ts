import { Api } from '@pulumi/aws/apigatewayv2/api.js';
import { Integration } from '@pulumi/aws/apigatewayv2/integration.js';
import { Route } from '@pulumi/aws/apigatewayv2/route.js';
import { Stage } from '@pulumi/aws/apigatewayv2/stage.js';
import { LogGroup } from '@pulumi/aws/cloudwatch/logGroup.js';
import { Permission } from '@pulumi/aws/lambda/permission.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  getProject,
  getStack,
  interpolate,
  type Output,
} from '@pulumi/pulumi';
import { imagePath } from '../../contract/routes.ts';
import type { StackConfig } from '../config/read.ts';
import type { Functions } from './functions.ts';

/** Calls a second, and at once after a quiet moment; photos beyond that are told to come again. */
const THROTTLE = { throttlingRateLimit: 50, throttlingBurstLimit: 100 };

/** One line a call. No addresses: the caller is always the API. */
const LOG_LINE = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  ms: '$context.responseLatency',
  error: '$context.error.message',
  functionError: '$context.integrationErrorMessage',
};

export interface GatewayArgs {
  stack: StackConfig;
  /** Of these, the one for calls answers every call. */
  functions: Functions;
}

/** The image API: one route, for callers that sign with IAM. */
export class Gateway extends ComponentResource {
  readonly url: Output<string>;
  readonly apiId: Output<string>;
  /** ARN of the one route, to be invoked. */
  readonly routeArn: Output<string>;
  readonly logGroup: Output<string>;

  constructor(name: string, { stack, functions }: GatewayArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Gateway', name, {}, options);
    const parent = { parent: this };
    const api = new Api(name, { protocolType: 'HTTP' }, parent);
    const integration = new Integration(
      name,
      {
        apiId: api.id,
        integrationType: 'AWS_PROXY',
        integrationUri: functions.http.function.invokeArn,
        payloadFormatVersion: '2.0',
        timeoutMilliseconds: 30_000,
      },
      parent,
    );
    const route = new Route(
      name,
      {
        apiId: api.id,
        routeKey: `POST ${imagePath('{photoId}')}`,
        authorizationType: 'AWS_IAM',
        target: interpolate`integrations/${integration.id}`,
      },
      parent,
    );
    const routeArn = interpolate`${api.executionArn}/*/POST${imagePath('*')}`;
    new Permission(
      name,
      {
        action: 'lambda:InvokeFunction',
        function: functions.http.function.name,
        principal: 'apigateway.amazonaws.com',
        sourceArn: routeArn,
      },
      parent,
    );

    this.logGroup = this.#openStage(name, api, { dependsOn: [route], logDays: stack.logDays });
    this.url = api.apiEndpoint;
    this.apiId = api.id;
    this.routeArn = routeArn;
    this.registerOutputs();
  }

  #openStage(
    name: string,
    api: Api,
    { dependsOn, logDays }: { dependsOn: Route[]; logDays: number },
  ) {
    const log = new LogGroup(
      name,
      // Below this prefix the service needs no entry of its own in the account's log policy, which has room for few.
      {
        name: `/aws/vendedlogs/${getProject()}/${getStack()}/image-api`,
        retentionInDays: logDays,
      },
      { parent: this },
    );
    new Stage(
      name,
      {
        apiId: api.id,
        name: '$default',
        autoDeploy: true,
        defaultRouteSettings: { ...THROTTLE, detailedMetricsEnabled: false },
        accessLogSettings: { destinationArn: log.arn, format: JSON.stringify(LOG_LINE) },
      },
      { parent: this, dependsOn },
    );
    return log.name;
  }
}
