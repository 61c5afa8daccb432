// Every identifier that package.json contributes and the extension host uses; a test holds the two against each other.

export const commands = {
  build: 'natmod.build',
  buildFirmware: 'natmod.buildFirmware',
  cancelBuild: 'natmod.cancelBuild',
  debug: 'natmod.debug',
  doctor: 'natmod.doctor',
  getMicropython: 'natmod.getMicropython',
  newModule: 'natmod.newModule',
  package: 'natmod.package',
  reload: 'natmod.reload',
  selectAbi: 'natmod.selectAbi',
  selectArchs: 'natmod.selectArchs',
  setUpIntelliSense: 'natmod.setUpIntelliSense',
  showOutput: 'natmod.showOutput',
  compareWith: 'natmod.compareWith',
  showDump: 'natmod.showDump',
  deploy: 'natmod.deploy',
  selectBoard: 'natmod.selectBoard',
  openRepl: 'natmod.openRepl',
  runScript: 'natmod.runScript',
  releasePort: 'natmod.releasePort',
  connectBoard: 'natmod.connectBoard',
  refreshBoards: 'natmod.refreshBoards',
  openBoardFile: 'natmod.openBoardFile',
  downloadFromBoard: 'natmod.downloadFromBoard',
  uploadToBoard: 'natmod.uploadToBoard',
  deleteFromBoard: 'natmod.deleteFromBoard',
} as const;

export const settings = {
  abi: 'natmod.abi',
  archs: 'natmod.archs',
  buildOnSave: 'natmod.buildOnSave',
  compilers: 'natmod.compilers',
  firmware: 'natmod.firmware',
  gdb: 'natmod.gdb',
  micropythonDir: 'natmod.micropythonDir',
  port: 'natmod.deploy.port',
  baudRate: 'natmod.deploy.baudRate',
  folder: 'natmod.deploy.folder',
  softReset: 'natmod.deploy.softReset',
  checkImport: 'natmod.deploy.checkImport',
} as const;

/** Custom editor of .mpy files. */
export const inspectorView = 'natmod.inspector';

/** Tree of boards and their files. */
export const boardsView = 'natmod.boards';
/** Scheme of files of boards that are shown. */
export const boardScheme = 'natmod-board';

/** Scheme of the text dumps and the language they are in. */
export const dumpScheme = 'natmod-dump';
export const dumpLanguage = 'natmod-dump';

/** Scheme of the doctor's report. */
export const doctorScheme = 'natmod-doctor';

/** Of tasks in tasks.json. */
export const taskType = 'natmod';

/** Of configurations in launch.json. */
export const debugType = 'natmod';

/** Set by us, read by the `when` clauses of menus. */
export const contextKeys = {
  /** The file in the active editor belongs to a native module. */
  project: 'natmod.project',
  building: 'natmod.building',
} as const;
