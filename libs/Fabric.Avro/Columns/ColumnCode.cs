namespace Fabric.Avro;

/// <summary>The operations of one plan as one method.</summary>
/// <param name="plan">The plan itself.</param>
/// <param name="data">First byte of the body.</param>
/// <param name="length">Bytes of the body: all must be read.</param>
/// <param name="target">Where values go.</param>
/// <param name="row">The first row of the record.</param>
/// <returns>The row after the last.</returns>
internal delegate int ColumnCode(ColumnPlan plan, ref byte data, int length, ColumnTarget target, int row);
