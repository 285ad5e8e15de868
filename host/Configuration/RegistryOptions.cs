using Fabric.Core.Options;

namespace Fabric.Host.Configuration;

/// <summary>Which schema registry: the embedded one (null) or one at an address.</summary>
internal sealed record RegistryOptions(Uri? Address)
{
    public static RegistryOptions Read(OptionReader root)
    {
        string text = root.Text("registry") ?? "embedded";
        if (text == "embedded")
        {
            return new RegistryOptions((Uri?)null);
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps))
        {
            return new RegistryOptions(uri);
        }

        root.Document.Report(root.Find("registry")!, "expected 'embedded' or an address such as http://registry:8081");
        return new RegistryOptions((Uri?)null);
    }
}
