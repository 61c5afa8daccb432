// Stands for `serialport` in cdt-gdb-adapter, which would load it at its start for a UART that Natmod never asks it for.
exports.SerialPort = class {
  constructor() {
    throw new Error('cdt-gdb-adapter opens no serial port here');
  }
};
exports.ReadlineParser = class {};
