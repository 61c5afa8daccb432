// The debug session as VS Code sees it. Debugging is not part of this version: the session introduces itself and turns
// every start down with a sentence for the user, so that a client never waits for an answer.
// Protocol: https://microsoft.github.io/debug-adapter-protocol/specification

import { DebugSession, ErrorDestination } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';

const notYet = 'Natmod cannot debug native modules yet: debugging comes with a later version.';

export class NatmodSession extends DebugSession {
  protected override initializeRequest(response: DebugProtocol.InitializeResponse): void {
    response.body = { supportsConfigurationDoneRequest: true };
    this.sendResponse(response);
  }

  protected override launchRequest(response: DebugProtocol.LaunchResponse): void {
    this.sendErrorResponse(response, 1, notYet, undefined, ErrorDestination.User);
  }

  protected override attachRequest(response: DebugProtocol.AttachResponse): void {
    this.sendErrorResponse(response, 1, notYet, undefined, ErrorDestination.User);
  }
}
