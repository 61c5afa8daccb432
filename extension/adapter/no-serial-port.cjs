// Stands for `serialport` in the adapter's bundle: cdt-gdb-adapter would open a UART with it, which Natmod never asks for.
exports.SerialPort = class {
  constructor() {
    throw new Error('the debug adapter opens no serial port');
  }
};
exports.ReadlineParser = class {};
