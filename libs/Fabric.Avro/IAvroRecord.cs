namespace Fabric.Avro;

/// <summary>A record type generated from a schema.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
public interface IAvroRecord<TSelf>
    where TSelf : class, IAvroRecord<TSelf>, new()
{
    /// <summary>The schema the type was generated from: the one it writes.</summary>
    static abstract Schema Schema { get; }

    /// <summary>Reads what <see cref="Write"/> wrote into a new record.</summary>
    static abstract TSelf Read(ref AvroReader reader);

    /// <summary>Reads what a writer of another version wrote into a new record.</summary>
    static abstract TSelf Read(ref AvroReader reader, ValuePlan plan);

    /// <summary>Writes all fields in the order of the schema.</summary>
    void Write(ref AvroWriter writer);

    /// <summary>Overwrites all fields with what <see cref="Write"/> wrote; lists and maps keep their memory.</summary>
    void ReadFrom(ref AvroReader reader);

    /// <summary>Overwrites all fields with what a writer of another version wrote.</summary>
    /// <param name="reader">The body.</param>
    /// <param name="plan">From <see cref="ValuePlan.Compile"/> with <see cref="Schema"/> as the reader.</param>
    void ReadFrom(ref AvroReader reader, ValuePlan plan);
}
