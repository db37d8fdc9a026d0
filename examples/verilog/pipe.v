// The unit behind a pipe: two operands a line on standard input, the result a line on standard output.

module pipe;
    localparam STDIN = 32'h8000_0000;

    reg  [15:0] a, b;
    wire [15:0] y;
    pam_bfloat16 unit (.a(a), .b(b), .y(y));

    initial begin
        while ($fscanf(STDIN, "%h %h", a, b) == 2) begin
            #1 $display("%H", y);
        end
        $finish(0);
    end
endmodule
