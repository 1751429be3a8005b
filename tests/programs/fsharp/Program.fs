// Tasks under way, in stacks of known shape. Prints facts as tests/programs/busy does, then END.
module Demo.Program

open System
open System.Threading
open System.Threading.Channels
open System.Threading.Tasks

let last = TaskCompletionSource<int>()
let quick = TaskCompletionSource()
let channel = Channel.CreateUnbounded<string>()

let leaf (number: int) : Task<int> =
    task {
        let! x = last.Task
        return x + number
    }

let middle (text: string) : Task<int> =
    task {
        let! first = leaf text.Length
        let! second = leaf first
        return first + second
    }

let top () : Task =
    task {
        let! x = middle "abc"
        printfn "%d" x
    }

let background () : Task<int> =
    backgroundTask {
        let! x = last.Task
        return x
    }

let tried () : Task<int> =
    task {
        do! quick.Task

        try
            do! quick.Task
            let! x = last.Task
            return x
        with _ ->
            return 0
    }

let looped () : Task<int> =
    task {
        let mutable sum = 0

        for i in [ 1; 2; 3 ] do
            do! quick.Task
            let! x = last.Task
            sum <- sum + x + i

        return sum
    }

let read () : Task<string> =
    task {
        let! text = channel.Reader.ReadAsync()
        return text
    }

let ended () : Task<int> =
    task {
        do! Task.Delay 1
        return 7
    }

// What the compiler makes no state machine of, as of no task in a debug build: its code is a value.
let unseen () : Task<int> =
    let mutable code = Unchecked.defaultof<TaskCode<int, int>>

    if DateTime.Now.Year > 1 then
        code <- task.Delay(fun () -> task.Bind(last.Task, (fun x -> task.Return x)))

    task.Run code

let facts =
    [ "async 1 0 Demo.Program.leaf"
      "async 1 0 Demo.Program.middle"
      "async 1 0 Demo.Program.top"
      "async 1 0 Demo.Program.background"
      "async 1 2 Demo.Program.tried"
      "async 1 1 Demo.Program.looped"
      "async 1 0 Demo.Program.read"
      "ended Demo.Program.ended"
      "stack Demo.Program.leaf Demo.Program.middle Demo.Program.top"
      "awaits System.Threading.Channels. Demo.Program.read" ]

[<EntryPoint>]
let main _ =
    let all: obj list =
        [ top (); background (); tried (); looped (); read (); unseen (); ended () ]

    quick.SetResult()
    Thread.Sleep 500
    List.iter (printfn "%s") facts
    printfn "END"
    Console.Out.Flush()
    Console.In.ReadToEnd() |> ignore
    GC.KeepAlive all
    0
