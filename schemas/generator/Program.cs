using Fabric.Schemas.Generator;

// dotnet run --project schemas/generator [FOLDER]: FOLDER holds *.avsc, its Generated/ is rewritten.
string folder = args.Length > 0 ? args[0] : Path.Combine(Environment.CurrentDirectory, "schemas");
if (!Directory.Exists(folder))
{
    Console.Error.WriteLine($"No folder {folder}: run from the root of the repository, or name the folder with the .avsc files");
    return 2;
}

string target = Path.Combine(folder, "Generated");
Directory.CreateDirectory(target);
IReadOnlyDictionary<string, string> files = SchemaGenerator.Generate(folder);
foreach (string stale in Directory.GetFiles(target, "*.cs").Where(path => !files.ContainsKey(Path.GetFileName(path))))
{
    File.Delete(stale);
}

foreach ((string name, string text) in files)
{
    File.WriteAllText(Path.Combine(target, name), text);
}

Console.WriteLine($"{files.Count} files in {target}");
return 0;
