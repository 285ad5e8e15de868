using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Broker;

/// <summary>One API key. The class opens with its version range, behaviour and what each version changed.</summary>
internal interface IApiHandler
{
    /// <summary>The number on the wire.</summary>
    short Key { get; }

    /// <summary>Kafka's name of it, for logs and metrics.</summary>
    string Name { get; }

    /// <summary>First version advertised.</summary>
    short MinVersion { get; }

    /// <summary>Last version advertised.</summary>
    short MaxVersion { get; }

    /// <summary>First version with compact lengths and tagged fields; <see cref="short.MaxValue"/> when there is none.</summary>
    short FirstFlexibleVersion { get; }

    /// <summary>
    /// Reads the whole request, acts, and answers now or later through <paramref name="context"/>. Runs on the loop. What is
    /// read from <paramref name="body"/> must be copied before this returns: the frame is given back after it.
    /// Read everything before changing anything, so that a malformed request changes nothing.
    /// </summary>
    /// <exception cref="ProtocolException">The body is malformed; the caller closes the connection.</exception>
    void Handle(RequestContext context, ref KafkaReader body);
}

/// <summary>A handler whose reading is worth the connection's own thread (produce checks CRCs there).</summary>
internal interface IPreparingApiHandler : IApiHandler
{
    /// <summary>Reads the body without touching the broker's state; the result is <see cref="RequestContext.Prepared"/>.</summary>
    /// <param name="version">Version of the request.</param>
    /// <param name="bodyBytes">The body that <paramref name="body"/> reads, for slices that live as long as the frame.</param>
    /// <exception cref="ProtocolException">The body is malformed; the caller closes the connection.</exception>
    object Prepare(short version, Memory<byte> bodyBytes, ref KafkaReader body);
}

/// <summary>A handler that needs nothing but the connection and runs on its thread, before the next request is read.</summary>
internal interface IConnectionApiHandler : IApiHandler;
