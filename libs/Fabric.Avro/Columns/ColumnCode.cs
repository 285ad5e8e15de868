namespace Fabric.Avro;

/// <summary>The operations of one plan as one method, bound to the plan.</summary>
/// <param name="data">First byte of the body.</param>
/// <param name="length">Bytes of the body: all must be read.</param>
/// <param name="target">Where values go.</param>
/// <param name="row">The first row of the record.</param>
/// <returns>The row after the last.</returns>
internal delegate int ColumnCode(ref byte data, int length, ColumnTarget target, int row);
