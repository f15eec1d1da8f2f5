/** AWS credentials. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** For temporary credentials, as Lambda has them. */
  sessionToken?: string;
}
