namespace Fabric.Core.Options;

/// <summary>One mistake in a configuration file, for a person to find and mend.</summary>
/// <param name="File">Path of the file as the user named it.</param>
/// <param name="Path">Where in the document, e.g. <c>connectors[0].payload.format</c>; empty for the document.</param>
/// <param name="Line">1-based.</param>
/// <param name="Column">1-based.</param>
/// <param name="Message">What was expected and found. Never the value of a secret.</param>
public sealed record OptionProblem(string File, string Path, int Line, int Column, string Message)
{
    /// <summary><c>file:line:column: path: message</c>, as editors and compilers print it.</summary>
    public override string ToString() =>
        Path.Length == 0 ? $"{File}:{Line}:{Column}: {Message}" : $"{File}:{Line}:{Column}: {Path}: {Message}";
}

/// <summary>A configuration file with at least one mistake; all of them are in <see cref="Problems"/>.</summary>
public sealed class OptionsException(IReadOnlyList<OptionProblem> problems)
    : FabricException("OPTIONS_INVALID", string.Join('\n', problems))
{
    /// <summary>Every mistake, in the order of the file.</summary>
    public IReadOnlyList<OptionProblem> Problems { get; } = problems;
}
