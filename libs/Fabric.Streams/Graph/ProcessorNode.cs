using Fabric.Streams.Tasks;
using Microsoft.Extensions.Logging;

namespace Fabric.Streams.Graph;

/// <summary>A step that somebody's processor performs; all operators of the DSL but a few are such.</summary>
internal sealed class ProcessorNode<KIn, VIn, KOut, VOut> : ReceivingNode<KIn, VIn>
{
    private readonly Func<TaskGraph, Node, IProcessor<KIn, VIn, KOut, VOut>> _supplier;

    public ProcessorNode(
        string name, int index, Func<TaskGraph, Node, IProcessor<KIn, VIn, KOut, VOut>> supplier)
        : base(name, index)
    {
        _supplier = supplier;
        Output = new Port<KOut, VOut>(this);
    }

    public Port<KOut, VOut> Output { get; }

    protected override Step Create(TaskGraph graph) => new Running(graph, this);

    private sealed class Running : Step, IReceiver<KIn, VIn>, IProcessorContext<KOut, VOut>, ITaskStep
    {
        private readonly TaskGraph _graph;
        private readonly Node _node;
        private readonly Outlet<KOut, VOut> _output;
        private readonly IProcessor<KIn, VIn, KOut, VOut> _processor;

        public Running(TaskGraph graph, ProcessorNode<KIn, VIn, KOut, VOut> node)
            : base(graph.Task, node.Name)
        {
            _graph = graph;
            _node = node;
            _output = node.Output.Build(graph);
            _processor = node._supplier(graph, node);
        }

        public string ApplicationId => Task.ApplicationId;

        public TaskId TaskId => Task.Id;

        public ILogger Logger => Task.Logger;

        public long CurrentStreamTimeMs => Task.StreamTimeMs;

        public long CurrentSystemTimeMs => Task.WallClockMs;

        public override void Init() => _processor.Init(this);

        public override void Close() => _processor.Close();

        public void Process(in Record<KIn, VIn> record)
        {
            try
            {
                _processor.Process(record);
            }
            catch (Exception failed) when (Task.Blame(Name, RejectionRule.Processing, failed))
            {
                throw;
            }
        }

        public void Forward(in Record<KOut, VOut> record) => _output.Forward(record);

        public T GetStateStore<T>(string name)
            where T : IStateStore =>
            Task.Globals.Find(name) is T global ? global : _graph.Store<T>(_node, name);

        public IPunctuation Schedule(TimeSpan interval, PunctuationType type, Action<long> callback) =>
            Task.Schedule(Name, interval, type, callback);
    }
}

/// <summary>A context that leads back to its task, for the operators of this library.</summary>
internal interface ITaskStep
{
    StreamTask Task { get; }
}
