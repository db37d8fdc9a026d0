// PAM product of two bfloat16 numbers: one adder on the bit patterns, and what the edges of the format ask for.
// Subnormals count as zeros, in and out. Combinational; there is no clock.
//
// Define BUG_CARRY for a unit in which the carry of the mantissas does not reach the exponent.

module pam_bfloat16 (
    input  wire [15:0] a,
    input  wire [15:0] b,
    output wire [15:0] y
);
    localparam [14:0] TINY = 15'h0080;  // smallest normal number
    localparam [14:0] ONE  = 15'h3F80;
    localparam [14:0] INF  = 15'h7F80;
    localparam [15:0] NAN  = 16'h7FC0;  // the quiet NaN, sign clear

    wire        sign = a[15] ^ b[15];
    wire [14:0] ma   = a[14:0];  // a magnitude: exponent and mantissa, without the sign
    wire [14:0] mb   = b[14:0];

    wire any_nan  = (ma > INF)  || (mb > INF);
    wire any_inf  = (ma == INF) || (mb == INF);
    wire any_zero = (ma < TINY) || (mb < TINY);

    // The whole multiplication. Two bits more than a magnitude: one for the carry, one for the sign of the result.
`ifdef BUG_CARRY
    wire        [6:0]  mant  = ma[6:0] + mb[6:0];
    wire signed [9:0]  field = $signed({2'b00, ma[14:7]}) + $signed({2'b00, mb[14:7]}) - 10'sd127;
    wire signed [16:0] total = {field, mant};
`else
    wire signed [16:0] total = $signed({2'b00, ma}) + $signed({2'b00, mb}) - $signed({2'b00, ONE});
`endif
    wire below = total < $signed({2'b00, TINY});
    wire above = total >= $signed({2'b00, INF});

    assign y = (any_nan || (any_inf && any_zero)) ? NAN
             : any_inf                            ? {sign, INF}
             : (any_zero || below)                ? {sign, 15'd0}
             : above                              ? {sign, INF}
             :                                      {sign, total[14:0]};
endmodule
