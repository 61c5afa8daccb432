// What the debug adapter can do, as it tells a client; what is not named here, or is false, it can't.
// https://microsoft.github.io/debug-adapter-protocol/specification#Types_Capabilities

export const exceptionFilters = [
  {
    filter: 'fault',
    label: 'Crashes',
    description:
      "Stops where the processor's fault handler, a failed assertion or a panic arrives, and reports the cause.",
    default: true,
  },
  {
    filter: 'raised',
    label: 'Raised Python Exceptions',
    description: 'Stops where C raises a Python exception, or one leaves a Python function, caught or not.',
    default: false,
    supportsCondition: true,
    conditionDescription: 'Names of exception types: ValueError, OSError',
  },
] as const;

export const capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsEvaluateForHovers: true,
  supportsSetVariable: true,
  supportsSetExpression: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsDataBreakpoints: true,
  supportsDataBreakpointBytes: true,
  supportsInstructionBreakpoints: true,
  supportsDisassembleRequest: true,
  supportsReadMemoryRequest: true,
  supportsWriteMemoryRequest: true,
  supportsSteppingGranularity: true,
  supportsGotoTargetsRequest: true,
  supportsExceptionFilterOptions: true,
  supportsExceptionInfoRequest: true,
  supportsTerminateRequest: true,
  exceptionBreakpointFilters: exceptionFilters.map((row) => ({ ...row })),
};
