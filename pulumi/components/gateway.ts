import { Api } from '@pulumi/aws/apigatewayv2/api.js';
import { Integration } from '@pulumi/aws/apigatewayv2/integration.js';
import { Route } from '@pulumi/aws/apigatewayv2/route.js';
import { Stage } from '@pulumi/aws/apigatewayv2/stage.js';
import { LogGroup } from '@pulumi/aws/cloudwatch/logGroup.js';
import type { Function as LambdaFunction } from '@pulumi/aws/lambda/function.js';
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

/** Requests per second, and the burst above that; the API asks clients of further uploads to retry later. */
const THROTTLE = { throttlingRateLimit: 50, throttlingBurstLimit: 100 };

/** Fields of an access log line. No IP addresses: the caller is always the API. */
const LOG_FIELDS = {
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
  /** The HTTP function handles all requests. */
  functions: Functions;
}

/** The image API: one route, authorized by IAM signatures. */
export class Gateway extends ComponentResource {
  readonly url: Output<string>;
  readonly apiId: Output<string>;
  /** ARN of the route, for `execute-api:Invoke`. */
  readonly routeArn: Output<string>;
  readonly logGroup: Output<string>;

  constructor(name: string, { stack, functions }: GatewayArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Gateway', name, {}, options);
    const parent = { parent: this };
    const api = new Api(name, { protocolType: 'HTTP' }, parent);
    const routeArn = interpolate`${api.executionArn}/*/POST${imagePath('*')}`;
    const route = this.#createRoute(name, api, functions.http.function);
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
    const log = new LogGroup(
      name,
      {
        // Groups with this prefix need no entry in the account's log resource policy, whose size is limited.
        name: `/aws/vendedlogs/${getProject()}/${getStack()}/image-api`,
        retentionInDays: stack.logDays,
      },
      parent,
    );
    new Stage(
      name,
      {
        apiId: api.id,
        name: '$default',
        autoDeploy: true,
        defaultRouteSettings: { ...THROTTLE, detailedMetricsEnabled: false },
        accessLogSettings: { destinationArn: log.arn, format: JSON.stringify(LOG_FIELDS) },
      },
      { parent: this, dependsOn: [route] },
    );
    this.logGroup = log.name;
    this.url = api.apiEndpoint;
    this.apiId = api.id;
    this.routeArn = routeArn;
    this.registerOutputs();
  }

  #createRoute(name: string, { id: apiId }: Api, target: LambdaFunction) {
    const integration = new Integration(
      name,
      {
        apiId,
        integrationType: 'AWS_PROXY',
        integrationUri: target.invokeArn,
        payloadFormatVersion: '2.0',
        timeoutMilliseconds: 30_000,
      },
      { parent: this },
    );
    return new Route(
      name,
      {
        apiId,
        routeKey: `POST ${imagePath('{photoId}')}`,
        authorizationType: 'AWS_IAM',
        target: interpolate`integrations/${integration.id}`,
      },
      { parent: this },
    );
  }
}
