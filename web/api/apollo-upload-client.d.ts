/** The package (20.0.0) has its types in JSDoc comments, which TypeScript reads only with `allowJs` and `maxNodeModuleJsDepth`. */
declare module 'apollo-upload-client/UploadHttpLink.mjs' {
  import { ApolloLink } from '@apollo/client';

  export default class UploadHttpLink extends ApolloLink {
    constructor(options: { uri: string; headers: Record<string, string>; fetch: typeof fetch });
  }
}
