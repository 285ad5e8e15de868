namespace Fabric.Avro;

/// <summary>How the blocks of an object container file are compressed.</summary>
public enum ContainerCodec
{
    /// <summary>Not at all.</summary>
    Null,

    /// <summary>Raw deflate (RFC 1951).</summary>
    Deflate,
}
