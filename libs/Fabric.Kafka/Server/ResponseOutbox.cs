namespace Fabric.Kafka.Server;

/// <summary>
/// The answers a step of the loop has finished, handed to their connections once the step is over: by then the next flush is under
/// way, and all answers of one connection go out in one write.
/// </summary>
/// <remarks>Used by whoever runs the loop.</remarks>
internal sealed class ResponseOutbox
{
    private readonly List<PendingResponse> _finished = [];

    public void Add(PendingResponse response) => _finished.Add(response);

    /// <summary>
    /// Hands them over. A connection's writer may go on inside the call: it waits for its oldest answer, so the newest are marked
    /// first, and it then finds them all.
    /// </summary>
    public void Deliver()
    {
        for (int i = _finished.Count - 1; i >= 0; i--)
        {
            _finished[i].Deliver();
        }

        _finished.Clear();
    }
}
