// A stand-in for the vendor's library with its public surface as far as it is publicly known: names of types, members and enumerations.
// What it answers stands in the file named by KTPEL_FAKE_FARGO, one "name=value" a line; moves are appended to that file's ".moves".

using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Threading;

[assembly: AssemblyVersion("2.1.0.0")]

namespace Fargo.PrinterSDK
{
    public enum CurrentActivity
    {
        CurrentActivityUnknown, CurrentActivityReady, CurrentActivityPrinting, CurrentActivityEncodeContact, CurrentActivityEncodeContactless,
        CurrentActivityEncodeMagStrip, CurrentActivityWaitingForEject, CurrentActivityException
    }

    public enum PrinterError
    {
        PrinterErrorNone = 0, PrinterErrorCardFeed = 81, PrinterErrorRibbonOut = 91, PrinterErrorCardJam = 110, PrinterErrorCardJamFlipper = 112
    }

    public enum Station { Magnetic, MIFARE, iCLASS, Contact, Eject, Reject }

    public enum StationStatus { CardNotPresent, CardPresent, Unknown }

    internal static class Script
    {
        public static string Get(string name, string usual)
        {
            foreach (string line in File.ReadAllLines(Environment.GetEnvironmentVariable("KTPEL_FAKE_FARGO")))
            {
                if (line.StartsWith(name + "="))
                {
                    return line.Substring(name.Length + 1);
                }
            }
            return usual;
        }

        public static void Act(string printer)
        {
            Console.WriteLine("the library prints, and that must not get into the wire");
            Thread.Sleep(int.Parse(Get("block_ms", "0")));
            if (Get("throw", "") != "" || printer != "HDP5000 \"Kartu\" \u00e9")
            {
                throw new InvalidOperationException("no such printer: text that must not leave the bridge");
            }
        }
    }

    public class PrinterInfo
    {
        private readonly string printer;

        public PrinterInfo(string printerName)
        {
            printer = printerName;
        }

        public CurrentActivity CurrentActivity()
        {
            Script.Act(printer);
            return (CurrentActivity)Enum.Parse(typeof(CurrentActivity), "CurrentActivity" + Script.Get("activity", "Ready"));
        }

        public PrinterError PrinterError()
        {
            return (PrinterError)Enum.Parse(typeof(PrinterError), "PrinterError" + Script.Get("error", "None"));
        }

        public StationStatus StationStatus(Station station)
        {
            if (Script.Get("model", "HDP") == "DTC")
            {
                throw new NotSupportedException();
            }
            return (StationStatus)Enum.Parse(typeof(StationStatus), Script.Get("station", "CardNotPresent"));
        }

        public int RibbonPercentRemaining { get { return int.Parse(Script.Get("ribbon", "63")); } }
        public int FilmPercentRemaining { get { return int.Parse(Script.Get("film", "40")); } }
        public int LaminatePercentRemaining(int cartridge) { return -1; }
        public int CardCount { get { return 1204; } }
        public bool HasFlipper { get { return true; } }
    }

    public class Movement
    {
        private readonly string printer;

        public Movement(string printerName)
        {
            printer = printerName;
        }

        public void MoveTo(Station destination, int whichHopper)
        {
            Script.Act(printer);
            File.AppendAllText(Environment.GetEnvironmentVariable("KTPEL_FAKE_FARGO") + ".moves", destination + " " + whichHopper + "\n");
        }
    }
}
