// Bridge between the kiosk and the vendor's Fargo.PrinterSDK.dll, which is not part of this project.
//
// A console program that answers length-prefixed JSON on its standard streams, in the format of hal/worker/serve.py of the kiosk:
// length of the header (4 bytes, big endian), header (JSON, UTF-8), then the blobs whose lengths the header lists.
//
//     {"id": 7, "op": "status", "args": {"printer": "HDP5000 Card Printer", "station": "MIFARE"}, "blobs": []}
//     {"id": 7, "ok": {"activity": "Ready", "error": "None", "ribbon": 63, ...}, "blobs": []}
//     {"id": 7, "error": {"kind": "DeviceTrouble", "key": "card_printer.sdk_failed", "facts": {"cause": "..."}}, "blobs": []}
//
// Operations: hello, status, move. The vendor's types are reached by reflection, so the program compiles without the library and says
// which member is missing when its surface differs. C# 5, .NET Framework 4: the csc.exe of every Windows compiles it (build.cmd).

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Text;
using System.Threading;

namespace KtpelKiosk.Fargo
{
    /// <summary>An answer of trouble: the class of the house's error, its key, one fact.</summary>
    internal sealed class Refusal : Exception
    {
        public readonly string Kind;
        public readonly string Key;
        public readonly string Cause;

        public Refusal(string kind, string key, string cause) : base(key)
        {
            Kind = kind;
            Key = key;
            Cause = cause;
        }
    }

    internal static class Program
    {
        private static Stream wire;

        [STAThread]
        private static void Main(string[] args)
        {
            wire = Console.OpenStandardOutput();
            Console.SetOut(Console.Error); // what a library prints must not get into the wire
            Sdk sdk = new Sdk(args.Length > 0 ? args[0] : "Fargo.PrinterSDK.dll");
            Inbox inbox = new Inbox(Console.OpenStandardInput());
            while (true)
            {
                Answer(sdk, inbox.Next());
            }
        }

        private static void Answer(Sdk sdk, Dictionary<string, object> message)
        {
            object id = Json.Get(message, "id");
            Dictionary<string, object> args = Json.Get(message, "args") as Dictionary<string, object> ?? new Dictionary<string, object>();
            Dictionary<string, object> reply = new Dictionary<string, object>();
            reply["id"] = id ?? 0L;
            try
            {
                reply["ok"] = Run(sdk, Json.Text(message, "op", ""), args);
            }
            catch (Refusal refusal)
            {
                reply["error"] = Trouble(refusal.Kind, refusal.Key, refusal.Cause);
            }
            catch (Exception error)
            {
                reply["error"] = Trouble("DeviceTrouble", "card_printer.sdk_failed", error.GetType().Name);
            }
            reply["blobs"] = new object[0];
            Wire.Write(wire, Json.Write(reply));
        }

        private static Dictionary<string, object> Run(Sdk sdk, string operation, Dictionary<string, object> args)
        {
            switch (operation)
            {
                case "hello":
                    return sdk.Hello();
                case "status":
                    return sdk.Status(Json.Text(args, "printer", ""), Json.Text(args, "station", ""));
                case "move":
                    sdk.Move(Json.Text(args, "printer", ""), Json.Text(args, "station", ""), (int)Json.Number(args, "hopper", 0));
                    return new Dictionary<string, object>();
                default:
                    throw new Refusal("DeviceTrouble", "device.worker", null);
            }
        }

        private static Dictionary<string, object> Trouble(string kind, string key, string cause)
        {
            Dictionary<string, object> facts = new Dictionary<string, object>();
            if (!string.IsNullOrEmpty(cause))
            {
                facts["cause"] = cause;
            }
            Dictionary<string, object> error = new Dictionary<string, object>();
            error["kind"] = kind;
            error["key"] = key;
            error["facts"] = facts;
            return error;
        }
    }

    /// <summary>Messages from the kiosk. Its end ends the program, even while the library hangs in a call.</summary>
    internal sealed class Inbox
    {
        private readonly Queue<Dictionary<string, object>> waiting = new Queue<Dictionary<string, object>>();
        private readonly object gate = new object();

        public Inbox(Stream source)
        {
            Thread reader = new Thread(delegate() { Listen(source); });
            reader.IsBackground = true;
            reader.Start();
        }

        public Dictionary<string, object> Next()
        {
            lock (gate)
            {
                while (waiting.Count == 0)
                {
                    Monitor.Wait(gate);
                }
                return waiting.Dequeue();
            }
        }

        private void Listen(Stream source)
        {
            try
            {
                Dictionary<string, object> message;
                while ((message = Wire.Read(source)) != null)
                {
                    if (message.ContainsKey("interrupt"))
                    {
                        continue; // a call into the library cannot be cut short; the kiosk ends this program instead
                    }
                    lock (gate)
                    {
                        waiting.Enqueue(message);
                        Monitor.Pulse(gate);
                    }
                }
            }
            catch (Exception)
            {
                // the other side sent what is no message, or went in the middle of one
            }
            Environment.Exit(0);
        }
    }

    internal static class Wire
    {
        private const int MaxHeader = 1 << 20;
        private const long MaxBlob = 128L << 20;

        public static Dictionary<string, object> Read(Stream source)
        {
            byte[] head = Exactly(source, 4, true);
            if (head == null)
            {
                return null;
            }
            long size = ((long)head[0] << 24) | ((long)head[1] << 16) | ((long)head[2] << 8) | head[3];
            if (size > MaxHeader)
            {
                throw new FormatException("header");
            }
            Dictionary<string, object> message =
                Json.Read(Encoding.UTF8.GetString(Exactly(source, (int)size, false))) as Dictionary<string, object>;
            if (message == null)
            {
                throw new FormatException("header");
            }
            object[] blobs = Json.Get(message, "blobs") as object[] ?? new object[0];
            foreach (object length in blobs)
            {
                long left = Convert.ToInt64(length, CultureInfo.InvariantCulture);
                if (left < 0 || left > MaxBlob)
                {
                    throw new FormatException("blob");
                }
                while (left > 0) // no operation takes blobs; they are passed over
                {
                    int part = (int)Math.Min(left, 65536);
                    Exactly(source, part, false);
                    left -= part;
                }
            }
            return message;
        }

        public static void Write(Stream target, string text)
        {
            byte[] body = Encoding.UTF8.GetBytes(text);
            byte[] all = new byte[body.Length + 4];
            all[0] = (byte)(body.Length >> 24);
            all[1] = (byte)(body.Length >> 16);
            all[2] = (byte)(body.Length >> 8);
            all[3] = (byte)body.Length;
            Buffer.BlockCopy(body, 0, all, 4, body.Length);
            target.Write(all, 0, all.Length);
            target.Flush();
        }

        private static byte[] Exactly(Stream source, int size, bool mayEnd)
        {
            byte[] data = new byte[size];
            int have = 0;
            while (have < size)
            {
                int got = source.Read(data, have, size - have);
                if (got <= 0)
                {
                    if (mayEnd && have == 0)
                    {
                        return null;
                    }
                    throw new EndOfStreamException();
                }
                have += got;
            }
            return data;
        }
    }

    /// <summary>The vendor's library by reflection: PrinterInfo, Movement, and the enumerations behind them.</summary>
    internal sealed class Sdk
    {
        private const string Space = "Fargo.PrinterSDK.";
        private readonly string path;
        private Assembly library;
        private string aboutPrinter;
        private object about;

        public Sdk(string given)
        {
            path = Directory.Exists(given) ? Path.Combine(given, "Fargo.PrinterSDK.dll") : given;
        }

        public Dictionary<string, object> Hello()
        {
            Load();
            Dictionary<string, object> said = new Dictionary<string, object>();
            said["version"] = library.GetName().Version.ToString();
            return said;
        }

        public Dictionary<string, object> Status(string printer, string station)
        {
            object info = About(printer);
            Dictionary<string, object> said = new Dictionary<string, object>();
            object activity = Must(info, "CurrentActivity");
            said["activity"] = Short(activity);
            object error = May(info, "PrinterError");
            said["error"] = error == null ? "" : Short(error);
            said["error_number"] = error == null ? 0L : Convert.ToInt64(error, CultureInfo.InvariantCulture);
            said["ribbon"] = Percent(May(info, "RibbonPercentRemaining"));
            said["film"] = Percent(May(info, "FilmPercentRemaining"));
            said["laminate"] = Percent(May(info, "LaminatePercentRemaining", 0));
            said["cards"] = Plain(May(info, "CardCount"));
            said["flipper"] = Plain(May(info, "HasFlipper"));
            object place = station.Length > 0 ? Station(station, false) : null;
            object there = place == null ? null : May(info, "StationStatus", place);
            said["station"] = there == null ? "" : Short(there);
            return said;
        }

        public void Move(string printer, string station, int hopper)
        {
            object place = Station(station, true);
            object movement = Made("Movement", printer);
            object done = Call(movement, "MoveTo", true, place, hopper);
            if (done is bool && !(bool)done)
            {
                throw new Refusal("DeviceTrouble", "card_printer.move", null);
            }
        }

        private object About(string printer)
        {
            if (about == null || aboutPrinter != printer)
            {
                about = Made("PrinterInfo", printer);
                aboutPrinter = printer;
            }
            return about;
        }

        private void Load()
        {
            if (library != null)
            {
                return;
            }
            string whole = Path.GetFullPath(path);
            if (!File.Exists(whole))
            {
                throw new Refusal("NotConnected", "card_printer.sdk_missing", null);
            }
            string folder = Path.GetDirectoryName(whole);
            AppDomain.CurrentDomain.AssemblyResolve += delegate(object sender, ResolveEventArgs wanted)
            {
                string near = Path.Combine(folder, new AssemblyName(wanted.Name).Name + ".dll");
                return File.Exists(near) ? Assembly.LoadFrom(near) : null;
            };
            Environment.CurrentDirectory = folder; // the library's own native parts are looked for here
            try
            {
                library = Assembly.LoadFrom(whole);
            }
            catch (BadImageFormatException)
            {
                throw new Refusal("DeviceTrouble", "card_printer.sdk_wrong", "BadImageFormat"); // 32 and 64 bit mixed, or no library
            }
            catch (FileLoadException error)
            {
                throw new Refusal("DeviceTrouble", "card_printer.sdk_wrong", error.GetType().Name);
            }
        }

        private Type Named(string name)
        {
            Load();
            Type type = library.GetType(Space + name, false);
            if (type == null)
            {
                throw new Refusal("DeviceTrouble", "card_printer.sdk_wrong", name);
            }
            return type;
        }

        private object Made(string name, string printer)
        {
            Type type = Named(name);
            try
            {
                return Activator.CreateInstance(type, new object[] { printer });
            }
            catch (MissingMethodException)
            {
                throw new Refusal("DeviceTrouble", "card_printer.sdk_wrong", name);
            }
            catch (TargetInvocationException error)
            {
                throw Failed(error);
            }
        }

        private object Station(string name, bool must)
        {
            Type stations = Named("Station");
            foreach (string known in Enum.GetNames(stations))
            {
                if (string.Equals(known, name, StringComparison.OrdinalIgnoreCase))
                {
                    return Enum.Parse(stations, known);
                }
            }
            if (must)
            {
                throw new Refusal("DeviceTrouble", "card_printer.sdk_wrong", "Station");
            }
            return null;
        }

        private object Must(object target, string name)
        {
            return Call(target, name, true);
        }

        /// <summary>A value that not every model or version has; null where it is missing or refused.</summary>
        private object May(object target, string name, params object[] args)
        {
            try
            {
                return Call(target, name, false, args);
            }
            catch (Refusal)
            {
                return null;
            }
        }

        /// <summary>A method, or a property of this name: versions of the library differ in that.</summary>
        private object Call(object target, string name, bool must, params object[] args)
        {
            try
            {
                foreach (MethodInfo method in target.GetType().GetMethods())
                {
                    if (method.Name == name && Fits(method.GetParameters(), args))
                    {
                        return method.Invoke(target, args);
                    }
                }
                PropertyInfo property = args.Length == 0 ? target.GetType().GetProperty(name) : null;
                if (property != null)
                {
                    return property.GetValue(target, null);
                }
            }
            catch (TargetInvocationException error)
            {
                about = null;
                throw Failed(error);
            }
            if (must)
            {
                throw new Refusal("DeviceTrouble", "card_printer.sdk_wrong", name);
            }
            return null;
        }

        private static bool Fits(ParameterInfo[] wanted, object[] args)
        {
            if (wanted.Length != args.Length)
            {
                return false;
            }
            for (int i = 0; i < args.Length; i++)
            {
                if (!wanted[i].ParameterType.IsInstanceOfType(args[i]))
                {
                    return false;
                }
            }
            return true;
        }

        private static Refusal Failed(TargetInvocationException error)
        {
            Exception inner = error.InnerException ?? error;
            return new Refusal("DeviceTrouble", "card_printer.sdk_failed", inner.GetType().Name); // never its text
        }

        /// <summary>An enumeration's name without that of its type: CurrentActivityReady is Ready.</summary>
        private static string Short(object value)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            string type = value.GetType().Name;
            return text.StartsWith(type, StringComparison.Ordinal) && text.Length > type.Length ? text.Substring(type.Length) : text;
        }

        private static object Percent(object value)
        {
            if (value == null)
            {
                return null;
            }
            try
            {
                double number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
                return number >= 0 && number <= 100 ? (object)(long)Math.Round(number) : null;
            }
            catch (FormatException)
            {
                return null;
            }
            catch (InvalidCastException)
            {
                return null;
            }
        }

        private static object Plain(object value)
        {
            if (value is bool)
            {
                return value;
            }
            try
            {
                return value == null ? null : (object)Convert.ToInt64(value, CultureInfo.InvariantCulture);
            }
            catch (Exception)
            {
                return null;
            }
        }
    }

    /// <summary>As much JSON as the wire needs: objects, arrays, text, whole numbers, true, false, null.</summary>
    internal static class Json
    {
        public static object Get(Dictionary<string, object> from, string name)
        {
            object value;
            return from.TryGetValue(name, out value) ? value : null;
        }

        public static string Text(Dictionary<string, object> from, string name, string usual)
        {
            return Get(from, name) as string ?? usual;
        }

        public static long Number(Dictionary<string, object> from, string name, long usual)
        {
            object value = Get(from, name);
            return value is long ? (long)value : usual;
        }

        public static object Read(string text)
        {
            int at = 0;
            object value = Value(text, ref at, 0);
            Space(text, ref at);
            if (at != text.Length)
            {
                throw new FormatException("json");
            }
            return value;
        }

        public static string Write(object value)
        {
            StringBuilder into = new StringBuilder();
            Write(into, value);
            return into.ToString();
        }

        private static object Value(string text, ref int at, int depth)
        {
            Space(text, ref at);
            if (at >= text.Length || depth > 32)
            {
                throw new FormatException("json");
            }
            switch (text[at])
            {
                case '{':
                    return Members(text, ref at, depth);
                case '[':
                    return Items(text, ref at, depth);
                case '"':
                    return Quoted(text, ref at);
                case 't':
                    return Word(text, ref at, "true", true);
                case 'f':
                    return Word(text, ref at, "false", false);
                case 'n':
                    return Word(text, ref at, "null", null);
                default:
                    return Figure(text, ref at);
            }
        }

        private static object Members(string text, ref int at, int depth)
        {
            Dictionary<string, object> made = new Dictionary<string, object>();
            at++;
            Space(text, ref at);
            if (Taken(text, ref at, '}'))
            {
                return made;
            }
            do
            {
                Space(text, ref at);
                if (at >= text.Length || text[at] != '"')
                {
                    throw new FormatException("json");
                }
                string name = Quoted(text, ref at);
                Space(text, ref at);
                if (!Taken(text, ref at, ':'))
                {
                    throw new FormatException("json");
                }
                made[name] = Value(text, ref at, depth + 1);
                Space(text, ref at);
            }
            while (Taken(text, ref at, ','));
            if (!Taken(text, ref at, '}'))
            {
                throw new FormatException("json");
            }
            return made;
        }

        private static object Items(string text, ref int at, int depth)
        {
            List<object> made = new List<object>();
            at++;
            Space(text, ref at);
            if (Taken(text, ref at, ']'))
            {
                return made.ToArray();
            }
            do
            {
                made.Add(Value(text, ref at, depth + 1));
                Space(text, ref at);
            }
            while (Taken(text, ref at, ','));
            if (!Taken(text, ref at, ']'))
            {
                throw new FormatException("json");
            }
            return made.ToArray();
        }

        private static string Quoted(string text, ref int at)
        {
            StringBuilder made = new StringBuilder();
            for (at++; at < text.Length; at++)
            {
                char here = text[at];
                if (here == '"')
                {
                    at++;
                    return made.ToString();
                }
                if (here != '\\')
                {
                    made.Append(here);
                    continue;
                }
                if (++at >= text.Length)
                {
                    break;
                }
                int known = "\"\\/bfnrt".IndexOf(text[at]);
                if (known >= 0)
                {
                    made.Append("\"\\/\b\f\n\r\t"[known]);
                }
                else if (text[at] == 'u' && at + 4 < text.Length)
                {
                    made.Append((char)ushort.Parse(text.Substring(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                    at += 4;
                }
                else
                {
                    break;
                }
            }
            throw new FormatException("json");
        }

        private static object Word(string text, ref int at, string word, object value)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
            {
                throw new FormatException("json");
            }
            at += word.Length;
            return value;
        }

        private static object Figure(string text, ref int at)
        {
            int from = at;
            while (at < text.Length && "+-0123456789.eE".IndexOf(text[at]) >= 0)
            {
                at++;
            }
            string part = text.Substring(from, at - from);
            long whole;
            if (long.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out whole))
            {
                return whole;
            }
            return double.Parse(part, NumberStyles.Float, CultureInfo.InvariantCulture);
        }

        private static bool Taken(string text, ref int at, char wanted)
        {
            if (at < text.Length && text[at] == wanted)
            {
                at++;
                return true;
            }
            return false;
        }

        private static void Space(string text, ref int at)
        {
            while (at < text.Length && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
            {
                at++;
            }
        }

        private static void Write(StringBuilder into, object value)
        {
            Dictionary<string, object> members = value as Dictionary<string, object>;
            object[] items = value as object[];
            string text = value as string;
            if (value == null)
            {
                into.Append("null");
            }
            else if (members != null)
            {
                string between = "{";
                foreach (KeyValuePair<string, object> member in members)
                {
                    into.Append(between);
                    Write(into, member.Key);
                    into.Append(':');
                    Write(into, member.Value);
                    between = ",";
                }
                into.Append(members.Count == 0 ? "{}" : "}");
            }
            else if (items != null)
            {
                into.Append('[');
                for (int i = 0; i < items.Length; i++)
                {
                    into.Append(i > 0 ? "," : "");
                    Write(into, items[i]);
                }
                into.Append(']');
            }
            else if (text != null)
            {
                into.Append('"');
                foreach (char c in text)
                {
                    if (c == '"' || c == '\\')
                    {
                        into.Append('\\').Append(c);
                    }
                    else if (c < ' ' || c > '~')
                    {
                        into.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    }
                    else
                    {
                        into.Append(c);
                    }
                }
                into.Append('"');
            }
            else if (value is bool)
            {
                into.Append((bool)value ? "true" : "false");
            }
            else
            {
                into.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
            }
        }
    }
}
