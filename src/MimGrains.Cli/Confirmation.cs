namespace MimGrains.Cli;

/// <summary>Asks before something that cannot be undone.</summary>
internal static class Confirmation
{
    /// <summary>Asks until the answer is yes or no. Where nobody can answer, that is no.</summary>
    public static bool Ask(string question)
    {
        while (true)
        {
            Console.Error.Write($"{question} (yes/no) ");
            switch (Console.In.ReadLine()?.Trim())
            {
                case "yes":
                    return true;
                case "no":
                    Console.Error.WriteLine("Nothing was done.");
                    return false;
                case null:
                    Console.Error.WriteLine("mimctl: nobody answers: say --yes.");
                    return false;
            }
        }
    }
}
