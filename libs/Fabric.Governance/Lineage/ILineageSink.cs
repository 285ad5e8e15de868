namespace Fabric.Governance.Lineage;

/// <summary>The door through which run events leave a component. Thread-safe; returns at once, delivery is retried behind it.</summary>
public interface ILineageSink
{
    void Emit(RunEvent runEvent);
}
