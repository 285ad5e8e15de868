namespace Fabric.Testing;

/// <summary>Where randomness in tests comes from: <c>FABRIC_TEST_SEED</c>, or a new seed that the test prints.</summary>
public static class Seed
{
    /// <summary>Call once per test and write the number to the test's output.</summary>
    public static int Next() =>
        int.TryParse(Environment.GetEnvironmentVariable("FABRIC_TEST_SEED"), out int fixedSeed)
            ? fixedSeed
            : Random.Shared.Next();
}
