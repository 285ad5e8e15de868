namespace Fabric.Connectors.Payload;

/// <summary>What became of a message: mapped, or rejected by a rule. Never carries the payload.</summary>
/// <param name="Rule">Null when it was mapped.</param>
/// <param name="Reason">For a person, with the position where there is one.</param>
public readonly record struct PayloadVerdict(string? Rule, string Reason)
{
    public static readonly PayloadVerdict Mapped = new(null, "");

    public bool IsMapped => Rule is null;

    public static PayloadVerdict Empty => new("PAYLOAD_EMPTY", "the payload has no bytes");

    public static PayloadVerdict NotText => new("PAYLOAD_NOT_UTF8", "the payload is not UTF-8 text");

    public static PayloadVerdict WithoutValues => new("PAYLOAD_WITHOUT_VALUES", "there is no value in the payload");

    public static PayloadVerdict NotNumber => new("PAYLOAD_NOT_NUMBER", "the payload is not a number");

    public static PayloadVerdict NotJson(long line, long position) =>
        new("PAYLOAD_NOT_JSON", $"the payload is not JSON: line {line + 1}, byte {position + 1}");

    public static PayloadVerdict ValueMissing(PayloadPath path) => new("VALUE_MISSING", $"there is no value at {path}");

    public static PayloadVerdict TimeInvalid(PayloadPath path) => new("TIME_INVALID", $"what stands at {path} is no time");

    public static PayloadVerdict NumberTooLarge(long position) =>
        new("NUMBER_OUT_OF_RANGE", $"the number at byte {position + 1} is beyond a 64-bit float");

    public static PayloadVerdict PointMissing(PayloadPath path) => new("POINT_MISSING", $"a record has no name at {path}");

    public static PayloadVerdict PathTooLong(long position) =>
        new("PATH_TOO_LONG", $"the names down to byte {position + 1} are longer than {JsonLeaves.PathBytesMax} bytes together");

    public static PayloadVerdict Quote(int position) =>
        new("CSV_QUOTE", $"a quoted cell does not end as it should: byte {position + 1}");

    public static PayloadVerdict CellCount(int found, int expected) =>
        new("CSV_CELLS", $"the line has {found} cells, {expected} columns are declared");
}
