using System.Runtime.CompilerServices;

namespace Fabric.Avro;

/// <summary>
/// Bounds recursion over the graph of types: named types may refer to each other in chains far longer than the text is
/// nested, and a stack overflow cannot be caught.
/// </summary>
internal static class StackGuard
{
    /// <exception cref="AvroException">Little stack is left.</exception>
    public static void Check()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new AvroException(AvroErrors.SchemaLimit, "Types refer to each other in a chain that is too long");
        }
    }
}
