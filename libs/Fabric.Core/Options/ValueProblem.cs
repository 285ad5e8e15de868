namespace Fabric.Core.Options;

/// <summary>
/// One mistake in a record of options that need not have come from a file; whoever read the file adds line and column
/// (<see cref="OptionProblem"/>).
/// </summary>
/// <param name="Path">The option, relative to the record, e.g. <c>payload.fields[2].value</c>.</param>
/// <param name="Message">What was expected and found. Never the value of a secret.</param>
public readonly record struct ValueProblem(string Path, string Message)
{
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}
