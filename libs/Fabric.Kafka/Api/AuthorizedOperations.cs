namespace Fabric.Kafka.Api;

/// <summary>
/// What a client may do, as bits by ACL operation: without an authorizer, everything that makes sense for the resource.
/// Operations: 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10 describe configs, 11 alter configs,
/// 12 idempotent write.
/// </summary>
internal static class AuthorizedOperations
{
    /// <summary>The client did not want to know.</summary>
    public const int NotAsked = int.MinValue;

    public const int Topic = (1 << 3) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7) | (1 << 8) | (1 << 10) | (1 << 11);

    public const int Cluster = (1 << 5) | (1 << 7) | (1 << 8) | (1 << 9) | (1 << 10) | (1 << 11) | (1 << 12);
}
