using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Fabric.Kafka.Bench;

/// <summary>
/// Which core this thread, and what it starts from now on (librdkafka's threads, child processes), runs on: one core for
/// clients, one for whatever serves them.
/// </summary>
internal static partial class Cores
{
    public const int Client = 0;
    public const int Server = 1;

    /// <exception cref="Win32Exception">The system refused.</exception>
    public static void StayOn(int core)
    {
        ulong mask = 1UL << core;
        if (SetAffinity(0, sizeof(ulong), in mask) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint bytes, in ulong mask);
}
