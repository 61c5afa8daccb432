// Debug adapter process: VS Code starts dist/adapter.js and speaks the Debug Adapter Protocol with it on stdin and stdout.

import { DebugSession } from '@vscode/debugadapter';
import { NatmodSession } from './adapter/natmod-session.ts';

DebugSession.run(NatmodSession);
