// The unit against a file that `pamcheck vectors pam bfloat16 --style readmemh` wrote: a, b and the result a word.
//
//   vvp -n bench +vectors=pam.mem +cases=1000
//
// The header of the file says how many cases there are. Ends with PASS or FAIL and counts.

module bench;
    localparam ROOM = 1 << 20;

    reg  [47:0] cases [0:ROOM-1];
    reg  [8*1024-1:0] path;
    integer count, wrong, i;

    reg  [15:0] a, b, expected;
    wire [15:0] y;
    pam_bfloat16 unit (.a(a), .b(b), .y(y));

    initial begin
        if (!$value$plusargs("vectors=%s", path) || !$value$plusargs("cases=%d", count)) begin
            $display("FAIL: say +vectors=FILE +cases=N");
            $finish(0);
        end else if (count < 1 || count > ROOM) begin
            $display("FAIL: +cases is %0d; it must be 1 to %0d", count, ROOM);
            $finish(0);
        end else begin
            $readmemh(path, cases, 0, count - 1);
            wrong = 0;
            for (i = 0; i < count; i = i + 1) begin
                {a, b, expected} = cases[i];
                // a word that the file did not have is all x, and no comparison with it is equal
                #1 if (y !== expected || (^cases[i]) === 1'bx) begin
                    wrong = wrong + 1;
                    if (wrong <= 10) $display("pam(%h, %h) is %h, expected %h", a, b, y, expected);
                end
            end
            $display("%0s: %0d of %0d cases are wrong", wrong == 0 ? "PASS" : "FAIL", wrong, count);
            $finish(0);
        end
    end
endmodule
